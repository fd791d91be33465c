#include <algorithm>

#include "engine/archive/archive_impl.h"
#include "engine/base/error.h"
#include "engine/deflate/gunzip.h"
#include "engine/stream/adapters.h"
#include "engine/tar/tar_scan.h"

namespace backshelf {
namespace {

constexpr std::uint64_t kBareLookBytes = 64 * kKiB;

void worsen(ArchiveFacts& facts, State state, std::string problem) {
  facts.state = worse(facts.state, state);
  facts.problems.push_back(std::move(problem));
}

bool has_parts(const OuterTable& table) {
  return std::any_of(table.members.begin(), table.members.end(), [](const OuterMember& member) {
    return split_inner_name(member.name).has_value();
  });
}

// The last one of the newer name counts; an older snapshot.json only where HA knew no other.
const OuterMember* find_metadata(const OuterTable& table) {
  const OuterMember* found = nullptr;
  for (const OuterMember& member : table.members) {
    if (!is_metadata_name(member.name) || member.type == EntryType::kDirectory) continue;
    if (found == nullptr || member.name == found->name || member.name == "backup.json") {
      found = &member;
    }
  }
  return found;
}

void read_metadata(const OuterMember& member, ArchiveFacts& facts) {
  if (member.type != EntryType::kFile) {
    worsen(facts, State::kBadMetadata, concat(member.name, ": ", member.remark));
    return;
  }
  facts.metadata_name = member.name;
  facts.metadata_mtime = member.mtime;
  if (member.size > kMetadataMaxBytes) {
    worsen(facts, State::kBadMetadata,
           concat(member.name, " has ", member.size, " bytes, too many for what it is"));
    return;
  }
  facts.metadata_bytes.resize(static_cast<std::size_t>(member.available));
  const std::size_t got = facts.bytes->read_at(member.data_offset, facts.metadata_bytes);
  facts.metadata_bytes.resize(got);
  try {
    facts.metadata = parse_metadata(facts.metadata_bytes);
  } catch (const Error& error) {  // isolation: unusable metadata is the archive's state
    if (error.kind() != ErrorKind::kBadMetadata) throw;
    worsen(facts, State::kBadMetadata, concat(member.name, ": ", error.why()));
  }
}

void read_hints(ArchiveFacts& facts) {
  constexpr std::uint64_t kMaxHintBytes = kMiB;  // kMaxOuterMembers need a quarter of it
  const std::string_view name = std::string_view(kHintName).substr(2);
  for (const OuterMember& member : facts.table.members) {
    if (member.name != name || member.type != EntryType::kFile) continue;
    if (member.available > kMaxHintBytes) continue;
    ByteVec bytes(static_cast<std::size_t>(member.available));
    bytes.resize(facts.bytes->read_at(member.data_offset, bytes));
    facts.hints = parse_hint(bytes);
  }
}

void judge_absent_metadata(ArchiveFacts& facts) {
  if (facts.table.truncated) {
    facts.problems.emplace_back("its backup.json is missing: the archive is not complete");
  } else if (!facts.table.problem.empty()) {
    worsen(facts, State::kBadMetadata, "its backup.json is missing");
  } else if (has_parts(facts.table)) {
    worsen(facts, State::kNotABackup,
           facts.table.end_is_marked
               ? "it has no backup.json, so that Home Assistant does not take it for a backup; "
                 "its parts are shown"
               : "it has neither backup.json nor the end of an archive: it was cut; its parts are "
                 "shown (get a whole copy of this archive)");
  } else {
    worsen(facts, State::kNotABackup, "it is a tar, but no Home Assistant backup");
  }
}

std::string base_name(const std::string& path) {
  return path.substr(path.find_last_of('/') + 1);
}

// A gzip file may be an inner tar that someone took out of a backup, or a whole backup packed once
// more.
bool is_bare_gzip(const ArchiveFacts& facts, ByteView start) {
  if (sniff(start).format != SealFormat::kPlainGzip) return false;
  bool any = false;
  bool outer = false;
  const TarVisit visit = [&](const Entry& entry, const BodyLocation&) {
    any = true;
    const std::string name = base_name(entry.path);
    outer = outer || is_metadata_name(name) || split_inner_name(name).has_value();
  };
  GunzipPass pass(facts.bytes, GzipTrailer::kNormal);
  LimitSource head(pass, kBareLookBytes);
  (void)scan_tar(head, visit);
  return any && !outer;
}

// The file as the one member it is, named after itself.
void make_bare(ArchiveFacts& facts) {
  facts.is_bare = true;
  facts.table.problem.clear();
  OuterMember member;
  member.name = base_name(facts.file_name);
  member.size = member.available = facts.bytes->size();
  facts.table.members.push_back(std::move(member));
}

}  // namespace

ArchiveFacts read_facts(std::shared_ptr<const RandomSource> bytes, std::string file_name) {
  ArchiveFacts facts;
  facts.bytes = std::move(bytes);
  facts.file_name = std::move(file_name);
  facts.table = read_outer_table(*facts.bytes);
  if (!facts.table.is_tar) {
    ByteVec start(kSniffBytes);
    start.resize(facts.bytes->read_at(0, start));
    const SealFormat format = sniff(start).format;
    const bool sealed = format == SealFormat::kV2 || format == SealFormat::kV3 ||
                        format == SealFormat::kUnsupported;
    if (sealed || is_bare_gzip(facts, start)) {
      make_bare(facts);
    } else {
      worsen(facts, State::kNotABackup, facts.table.problem);
    }
    return facts;
  }
  if (facts.table.truncated) {
    worsen(facts, State::kArchiveTruncated, facts.table.problem);
  } else if (!facts.table.problem.empty()) {
    worsen(facts, State::kDamaged, facts.table.problem);
  }
  read_hints(facts);
  if (const OuterMember* metadata = find_metadata(facts.table)) {
    read_metadata(*metadata, facts);
  } else {
    judge_absent_metadata(facts);
  }
  return facts;
}

}  // namespace backshelf
