#include "engine/catalog/records.h"

#include <algorithm>

#include "engine/catalog/catalog.h"
#include "engine/catalog/names.h"
#include "engine/catalog/raw_text.h"

namespace backshelf {
namespace {

// A file that comes back (a disk was away, a sync ran) within this time is the one it was.
constexpr std::chrono::hours kRememberGone(24 * 30);

Json instant_or_null(const std::optional<Instant>& instant) {
  return instant ? Json(to_rfc3339(*instant)) : Json();
}

Json print_member(const MemberRecord& member) {
  Json row = Json::object();
  row.set("member", escaped(member.member)).set("state", name_of(member.state));
  if (!member.problem.empty()) row.set("problem", member.problem);
  if (member.authenticated) row.set("authenticated", true);
  return row;
}

MemberRecord parse_member(const Json& row) {
  return {.member = unescaped(row["member"].text_or("")),
          .problem = row["problem"].text_or(""),
          .state = state_from_name(row["state"].text_or("")).value_or(State::kUnchecked),
          .authenticated = row["authenticated"].bool_or(false)};
}

// Users see two states as "truncated"; the state file keeps them apart.
constexpr std::string_view kArchiveTruncatedWord = "archive-truncated";

Json print_record(const Record& record) {
  Json row = Json::object();
  row.set("location", escaped(record.location)).set("file", escaped(record.file));
  row.set("identity", record.identity).set("size", static_cast<std::int64_t>(record.size));
  row.set("mtime_s", record.mtime.seconds);
  row.set("mtime_ns", std::int64_t{record.mtime.nanoseconds});
  row.set("slot", std::int64_t{record.slot}).set("folder", escaped(record.folder));
  for (const auto& [key, value] :
       {std::pair("pinned", record.pinned), std::pair("uploaded", record.uploaded),
        std::pair("automatic", record.automatic), std::pair("made", record.made)}) {
    if (value) row.set(key, true);
  }
  if (record.gone) row.set("gone", to_rfc3339(*record.gone));
  if (!record.checked) return row;
  row.set("state",
          record.state == State::kArchiveTruncated ? kArchiveTruncatedWord : name_of(record.state));
  row.set("problem", record.problem).set("good", record.good);
  row.set("verified", instant_or_null(record.verified));
  Json members = Json::array();
  for (const MemberRecord& member : record.members) members.push(print_member(member));
  row.set("members", std::move(members));
  return row;
}

std::uint32_t to_slot(const Json& value) {
  const std::int64_t number = value.int_or(0);
  return number > 0 && number < std::int64_t{UINT32_MAX} ? static_cast<std::uint32_t>(number) : 0;
}

Record parse_record(const Json& row) {
  Record record;
  record.location = unescaped(row["location"].text_or(""));
  record.file = unescaped(row["file"].text_or(""));
  record.identity = row["identity"].text_or("");
  record.folder = unescaped(row["folder"].text_or(""));
  record.size = static_cast<std::uint64_t>(row["size"].int_or(0));
  record.mtime.seconds = row["mtime_s"].int_or(0);
  record.mtime.nanoseconds = static_cast<std::uint32_t>(row["mtime_ns"].int_or(0));
  record.slot = to_slot(row["slot"]);
  record.pinned = row["pinned"].bool_or(false);
  record.uploaded = row["uploaded"].bool_or(false);
  record.automatic = row["automatic"].bool_or(false);
  record.made = row["made"].bool_or(false);
  record.gone = parse_iso8601(row["gone"].text_or(""));
  const std::string state = row["state"].text_or("");
  record.checked = !state.empty();
  record.state = state == kArchiveTruncatedWord
                     ? State::kArchiveTruncated
                     : state_from_name(state).value_or(State::kUnchecked);
  record.problem = row["problem"].text_or("");
  record.good = row["good"].bool_or(false);
  record.verified = parse_iso8601(row["verified"].text_or(""));
  for (const Json& member : row["members"].items()) {
    record.members.push_back(parse_member(member));
  }
  return record;
}

void forget_bytes(Record& record) {
  record.checked = record.good = false;
  record.state = State::kUnchecked;
  record.problem.clear();
  record.members.clear();
  record.verified.reset();
  record.automatic = record.made = false;  // these bytes are not what we made
}

// Whether nothing about `file` needs to be written down. One that grows has another identity at
// each look: a slot for every one of them would use all slots up, and every look would write the
// state. Its slot changes once more when it is complete.
bool is_settled(const Record& record, const Found& file) {
  return record.identity == file.object.identity || (file.growing && !record.checked);
}

// The names that are in use, compared without case.
class FolderNames {
 public:
  explicit FolderNames(const Records& records) {
    for (const auto& [key, record] : records.files) {
      if (record.slot != 0 && !record.gone) used_.insert(fold_case(record.folder));
    }
  }
  [[nodiscard]] bool is_free(const std::string& folder) const {
    return !used_.contains(fold_case(folder));
  }
  [[nodiscard]] std::string take(const std::string& wanted) {
    for (unsigned number = 1;; ++number) {
      std::string folder = numbered_folder(wanted, number);
      if (used_.insert(fold_case(folder)).second) return folder;
    }
  }

 private:
  std::set<std::string> used_;
};

}  // namespace

Records Records::parse(const Json& state) {
  Records records;
  for (const Json& row : state["archives"].items()) {
    Record record = parse_record(row);
    const FileKey key(record.location, record.file);
    records.next_slot = std::max(records.next_slot, record.slot + 1);
    records.files.insert_or_assign(key, std::move(record));
  }
  for (const Json& row : state["deleted"].items()) {
    DeletedRecord gone;
    gone.record = parse_record(row);
    gone.hidden = unescaped(row["hidden"].text_or(""));
    gone.when = parse_iso8601(row["deleted"].text_or("")).value_or(Instant{});
    gone.until = parse_iso8601(row["until"].text_or("")).value_or(Instant{});
    records.next_slot = std::max(records.next_slot, gone.record.slot + 1);
    records.deleted.push_back(std::move(gone));
  }
  for (const Json& row : state[kDelayedKey].items()) {
    records.delayed.push_back(
        {parse_record(row), parse_iso8601(row["since"].text_or("")).value_or(Instant{})});
  }
  records.next_slot = std::max(records.next_slot, to_slot(state["next_slot"]));
  records.made_good = state["made_good"].bool_or(false);
  return records;
}

void Records::print_into(Json& state) const {
  Json rows = Json::array();
  for (const auto& [key, record] : files) rows.push(print_record(record));
  state.set("archives", std::move(rows));
  Json gone_rows = Json::array();
  for (const DeletedRecord& gone : deleted) {
    Json row = print_record(gone.record);
    row.set("hidden", escaped(gone.hidden));
    row.set("deleted", to_rfc3339(gone.when)).set("until", to_rfc3339(gone.until));
    gone_rows.push(std::move(row));
  }
  state.set("deleted", std::move(gone_rows));
  Json delayed_rows = Json::array();
  for (const DelayedRecord& one : delayed) {
    Json row = print_record(one.record);
    delayed_rows.push(std::move(row.set("since", to_rfc3339(one.since))));
  }
  if (!delayed.empty() || state.has(kDelayedKey)) state.set(kDelayedKey, std::move(delayed_rows));
  state.set("next_slot", std::int64_t{next_slot}).set("made_good", made_good);
}

Record* Records::find(const std::string& location, const std::string& file) {
  const auto found = files.find({location, file});
  return found == files.end() ? nullptr : &found->second;
}

const Record* Records::find(const std::string& location, const std::string& file) const {
  const auto found = files.find({location, file});
  return found == files.end() ? nullptr : &found->second;
}

bool Records::is_of(const DelayedRecord& delayed, const std::string& location,
                    const ObjectInfo& object) {
  const Record& record = delayed.record;
  return record.location == location && record.file == object.name && record.size == object.size &&
         record.mtime == object.mtime;
}

bool Records::is_delayed(const Found& found) const {
  return std::any_of(delayed.begin(), delayed.end(), [&](const DelayedRecord& one) {
    return is_of(one, found.location, found.object);
  });
}

std::string Records::free_folder(const std::string& wanted) const {
  return FolderNames(*this).take(wanted);
}

bool Records::mark_gone(const std::set<FileKey>& present, const std::vector<std::string>& away,
                        Instant now) {
  bool changed = false;
  for (auto at = files.begin(); at != files.end();) {
    Record& record = at->second;
    const bool unknown = std::find(away.begin(), away.end(), record.location) != away.end();
    const bool went = !unknown && !record.gone && !present.contains(at->first);
    if (went) record.gone = now;
    const bool forget = record.gone && now - *record.gone > kRememberGone;
    changed = changed || went || forget;
    at = forget ? files.erase(at) : std::next(at);
  }
  return changed;
}

bool Records::settle(const std::vector<Found>& found, const std::vector<std::string>& away,
                     Instant now) {
  std::set<FileKey> present;
  for (const Found& file : found) present.emplace(file.location, file.object.name);
  bool changed = mark_gone(present, away, now);
  FolderNames names(*this);
  for (const Found& file : found) {
    Record& record = files[{file.location, file.object.name}];
    const bool is_new = record.slot == 0;
    if (!is_new && !record.gone && is_settled(record, file)) continue;
    changed = true;
    if (is_new || record.identity != file.object.identity) {
      forget_bytes(record);
      record.slot = take_slot();
    }
    record.location = file.location;
    record.file = file.object.name;
    record.identity = file.object.identity;
    record.size = file.object.size;
    record.mtime = file.object.mtime;
    if (is_new || (record.gone && !names.is_free(record.folder))) {
      record.folder = names.take(folder_name(record.file));
    } else if (record.gone) {
      record.folder = names.take(record.folder);
    }
    record.gone.reset();
  }
  return changed;
}

}  // namespace backshelf
