#include "engine/catalog/known_headers.h"

#include "engine/base/error.h"
#include "engine/catalog/raw_text.h"
#include "engine/disk/file.h"

namespace backshelf {
namespace {

// Raised whenever this program reads something else out of the same headers.
constexpr std::int64_t kHeadersSchema = 1;
constexpr std::size_t kHeadersBytes = 64 * kMiB;  // some 50,000 archives
constexpr std::size_t kHeadersValues = 10'000'000;

std::string headers_path(const StateStore& state) {
  return concat(state.directory(), "/headers.json");
}

void set_if(Json& row, std::string_view key, const std::string& text) {
  if (!text.empty()) row.set(key, text);
}

Json print_member_facts(const MemberInfo& member) {
  Json row = Json::object();
  row.set("member", escaped(member.member)).set("folder", escaped(member.folder));
  row.set("size", member.size);
  if (member.securetar) row.set("securetar", *member.securetar);
  if (member.gzip) row.set("gzip", true);
  if (member.zstd) row.set("zstd", true);
  if (member.authenticated) row.set("authenticated", true);
  if (member.state != State::kUnchecked) row.set("state", name_of(member.state));
  set_if(row, "problem", member.problem);
  if (!member.in_metadata) row.set("unlisted", true);
  return row;
}

MemberInfo parse_member_facts(const Json& row) {
  MemberInfo member;
  member.member = unescaped(row["member"].text_or(""));
  member.folder = unescaped(row["folder"].text_or(""));
  member.size = static_cast<std::uint64_t>(row["size"].int_or(0));
  if (row.has("securetar")) member.securetar = static_cast<int>(row["securetar"].int_or(0));
  member.gzip = row["gzip"].bool_or(false);
  member.zstd = row["zstd"].bool_or(false);
  member.authenticated = row["authenticated"].bool_or(false);
  member.state = state_from_name(row["state"].text_or("")).value_or(State::kUnchecked);
  member.problem = row["problem"].text_or("");
  member.in_metadata = !row["unlisted"].bool_or(false);
  return member;
}

Json print_facts(const FileKey& key, const HeaderFacts& facts) {
  Json row = Json::object();
  row.set("location", escaped(key.first)).set("file", escaped(key.second));
  row.set("identity", facts.identity).set("state", name_of(facts.state));
  set_if(row, "slug", facts.slug);
  set_if(row, "name", facts.name);
  set_if(row, "date", facts.date);
  set_if(row, "type", facts.type);
  set_if(row, "homeassistant", facts.homeassistant_version);
  set_if(row, "scheduled_by", facts.scheduled_by);
  set_if(row, "problem", facts.problem);
  if (facts.is_protected) row.set("protected", true);
  Json members = Json::array();
  for (const MemberInfo& member : facts.members) members.push(print_member_facts(member));
  row.set("members", std::move(members));
  return row;
}

HeaderFacts parse_facts(const Json& row) {
  HeaderFacts facts;
  facts.identity = row["identity"].text_or("");
  facts.slug = row["slug"].text_or("");
  facts.name = row["name"].text_or("");
  facts.date = row["date"].text_or("");
  facts.type = row["type"].text_or("");
  facts.homeassistant_version = row["homeassistant"].text_or("");
  facts.scheduled_by = row["scheduled_by"].text_or("");
  facts.problem = row["problem"].text_or("");
  facts.is_protected = row["protected"].bool_or(false);
  const auto state = state_from_name(row["state"].text_or(""));
  facts.state = state.value_or(State::kUnchecked);
  facts.failed = !state;  // not what we wrote: the archive itself knows
  for (const Json& member : row["members"].items()) {
    facts.members.push_back(parse_member_facts(member));
  }
  return facts;
}

}  // namespace

bool is_worth_keeping(const HeaderFacts& facts) {
  return !facts.failed && !is_incomplete(facts.state);
}

KnownHeaders load_headers(const StateStore& state) {
  KnownHeaders headers;
  if (!state.persistent()) return headers;
  try {
    const std::string path = headers_path(state);
    if (!find_status(path)) return headers;
    const Json json = parse_json(read_file(path, kHeadersBytes),
                                 {.bytes = kHeadersBytes, .values = kHeadersValues});
    if (json["schema"].int_or(0) != kHeadersSchema) return headers;
    for (const Json& row : json["archives"].items()) {
      const FileKey key(unescaped(row["location"].text_or("")), unescaped(row["file"].text_or("")));
      headers.insert_or_assign(key, parse_facts(row));
    }
  } catch (const Error&) {  // isolation: the archives say the same
    headers.clear();
  }
  return headers;
}

void save_headers(const StateStore& state, const KnownHeaders& headers) {
  if (!state.persistent()) return;
  Json rows = Json::array();
  for (const auto& [key, facts] : headers) {
    if (is_worth_keeping(facts)) rows.push(print_facts(key, facts));
  }
  Json json = Json::object();
  json.set("schema", kHeadersSchema).set("archives", std::move(rows));
  try {
    write_file(headers_path(state), as_bytes(print_json(json)), 0600,
               AtomicFile::Existing::kReplace);
  } catch (const Error&) {  // isolation: the next start looks into the archives again
  }
}

}  // namespace backshelf
