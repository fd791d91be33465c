#include "engine/archive/repair_archive.h"

#include <algorithm>

#include "engine/archive/archive_impl.h"
#include "engine/archive/entry_body.h"
#include "engine/archive/repair_facts.h"
#include "engine/archive/salvage_member.h"
#include "engine/archive/state_failure.h"
#include "engine/stream/adapters.h"

namespace backshelf {
namespace {

using ArchiveMembers = std::vector<std::unique_ptr<Member>>;

constexpr const char* kRepairing = "the repair";
constexpr std::uint64_t kPieceBytes = kMiB;
constexpr std::size_t kMaxOtherName = 100;  // bytes; what HA writes beside the parts is shorter

bool is_unread(State state) {
  return state == State::kNeedsKey || state == State::kWrongKey || state == State::kUnsupported;
}

class Repairer {
 public:
  Repairer(ArchiveImpl& archive, const ArchiveFacts& facts, const ArchiveMembers& members,
           KeySource& keys, const RepairPlan& plan, const ExportTarget& target,
           const OnPass& on_pass, std::stop_token stop)
      : archive_(archive),
        facts_(facts),
        members_(members),
        keys_(keys),
        plan_(plan),
        group_{target.object, nullptr},
        pool_(target.pool),
        on_pass_(on_pass),
        stop_(std::move(stop)),
        outer_(group_, mtime()) {
    for (const auto& member : members_) total_bytes_ += member->facts().bytes->size();
  }

  RepairReport run(const std::vector<std::string>& missing) {
    demand_keys();
    for (const auto& member : members_) {
      save(*member);
      done_bytes_ += member->facts().bytes->size();
    }
    for (const std::string& what : missing) {
      report_.lost.push_back(
          {shown_part(what), "backup.json lists it, but the archive has no member for it"});
    }
    note_unknown();
    copy_others();
    if (saved_.empty()) {
      throw Error(closed_ > 0 ? ErrorKind::kWrongKey : ErrorKind::kDamaged, facts_.file_name,
                  concat("nothing of it can be saved: ", archive_.problem()),
                  closed_ > 0 ? "nothing was written; look for the emergency kit of its time"
                              : "nothing was written; use another copy of this archive");
    }
    write_metadata();
    return std::move(report_);
  }

 private:
  [[nodiscard]] Timestamp mtime() const {
    if (facts_.metadata) return date_of(*facts_.metadata);
    Metadata made;
    made.date = plan_.date;
    return date_of(made);
  }

  // What can be saved only with the key is not given up for want of it.
  void demand_keys() const {
    for (const auto& member : members_) {
      if (key_problem(*member, keys_) != ErrorKind::kNeedsKey) continue;
      const bool tells = !facts_.metadata && member->facts().name.stem == "homeassistant";
      if (is_whole_sealed(member->facts()) && !tells) continue;
      throw Error(ErrorKind::kNeedsKey, member->facts().outer.name,
                  tells ? "backup.json is lost, and what it said can only be read with the key"
                        : "it is cut, and what is left of it can only be read with the key",
                  "nothing was written; give the key with -k KEYFILE");
    }
  }

  void save(Member& member) {
    const MemberInfo info = member.info();
    const MemberFacts& facts = member.facts();
    if (info.state == State::kOk && is_whole_outside(facts.outer)) {
      if (!facts.outer.remark.empty()) {
        report_.remarks.push_back(concat(info.member, ": ", facts.outer.remark));
      }
      return copy(member);
    }
    if (is_unread(info.state)) {
      if (!is_whole_sealed(facts)) return lose_for_key(member);
      report_.remarks.push_back(concat(info.member, ": copied as it is; ", info.problem));
      return copy(member);
    }
    if (key_problem(member, keys_) == ErrorKind::kWrongKey) return lose_for_key(member);
    if (!member.opened()) return lose(member, info.problem);
    try {
      repack(member);
    } catch (const Error& error) {  // isolation: one member of which nothing can be read
      if (begun_ || state_of(error.kind()) == State::kOk) throw;
      lose(member, error.why());
    }
  }

  void lose(const Member& member, const std::string& why) {
    const OuterMember& outer = member.facts().outer;
    const std::string& reason = outer.head_lost ? outer.remark : why;
    report_.lost.push_back({member.place().folder, reason.empty() ? "it cannot be read" : reason});
  }

  void lose_for_key(const Member& member) {
    ++closed_;
    lose(member, "it is cut, and no known key opens what is left of it");
  }

  void begin(const Member& member, std::shared_ptr<const SealKey> key) {
    begun_ = true;
    group_.key = std::move(key);
    const InnerName& name = member.facts().name;
    outer_.begin_member(concat(name.stem, name.suffix));
  }

  void end(const Member& member) {
    begun_ = false;
    group_.key = nullptr;
    ++report_.parts;
    const State state = member.info().state;
    saved_.push_back({member.facts().name.stem, member.facts().name.suffix, member.place().folder,
                      securetar_version(member.facts().seal).has_value(), is_unread(state)});
  }

  // Byte for byte: what is sealed stays sealed as it is.
  void copy(const Member& member) {
    begin(member, nullptr);
    copy_bytes(*member.facts().bytes, member.facts().outer.name, 0);
    outer_.end_member();
    end(member);
  }

  void copy_bytes(const RandomSource& bytes, std::string_view name, std::uint64_t from) {
    ByteVec buffer(kPieceBytes);
    for (std::uint64_t at = from; at < bytes.size();) {
      demand_running(stop_, kRepairing);
      const std::size_t got = bytes.read_at(at, buffer);
      if (got == 0) {
        throw Error(ErrorKind::kTruncated, std::string(name), "the archive ends too early",
                    "nothing was written; run it again");
      }
      outer_.write(ByteView(buffer).first(got));
      at += got;
      tell(name, at);
    }
  }

  void repack(Member& member) {
    const Member::Content& content = member.content(stop_);
    const std::string& name = member.facts().outer.name;
    const std::uint64_t size = member.facts().bytes->size();
    const auto told = [&](std::uint64_t done) { tell(name, std::min(done, size)); };
    Salvage salvage = look_through(member, content, told, stop_);
    if (salvage.kept == 0) return lose(member, member.info().problem);
    begin(member, key_like(member.facts()));
    const auto opened = member.opened();
    const Level level = opened->zstd   ? Level::kZstd
                        : opened->gzip ? Level::kBalanced
                                       : Level::kNone;
    repack_salvage(content, salvage, level, outer_, pool_, told, stop_);
    end(member);
    if (member.place().is_config) saved_.back().has_database = salvage.has_database;
    ++report_.repacked;
    for (LostEntry& lost : salvage.lost) report_.lost.push_back(std::move(lost));
  }

  [[nodiscard]] std::shared_ptr<const SealKey> key_like(const MemberFacts& facts) {
    const auto version = securetar_version(facts.seal);
    if (!version) return nullptr;
    return keys_.seal_key_like(facts.seal, facts.start, std::max(2, *version));
  }

  // Without backup.json nobody knows what stood where the outer tar is cut or damaged.
  void note_unknown() {
    const OuterTable& table = facts_.table;
    const bool gaps = table.truncated || !table.end_is_marked || !table.problem.empty();
    if (facts_.metadata) {
      if (!table.problem.empty()) report_.remarks.push_back(table.problem);
    } else if (gaps) {
      report_.lost.push_back(
          {concat("all behind ", table.members.back().name),
           table.problem.empty()
               ? "the archive ends without its end: whether there were more parts "
                 "is not known"
               : concat(table.problem,
                        "; whether there were more parts is not "
                        "known")});
    }
  }

  // Files beside the parts and the metadata, which Home Assistant ignores.
  void copy_others() {
    for (const OuterMember& outer : facts_.table.members) {
      const bool ours = concat("./", outer.name) == kHintName;
      if (ours || split_inner_name(outer.name) || is_metadata_name(outer.name)) continue;
      if (outer.type == EntryType::kDirectory) continue;
      if (!is_whole_outside(outer) || outer.name.size() > kMaxOtherName) {
        report_.lost.push_back(
            {outer.name, outer.remark.empty() ? "it is not whole" : outer.remark});
        continue;
      }
      const Slice bytes(facts_.bytes, outer.data_offset, outer.size);
      outer_.begin_member(outer.name);
      copy_bytes(bytes, outer.name, 0);
      outer_.end_member();
    }
  }

  void write_metadata() {
    const bool rebuilt = !facts_.metadata;
    RepairedMetadata made = rebuilt ? rebuilt_metadata(archive_, plan_, saved_, stop_)
                                    : trimmed_metadata(archive_, saved_);
    if (rebuilt) {
      report_.remarks.push_back(
          concat("backup.json was lost or unusable, and was made anew from "
                 "the parts; the backup is now called \"",
                 plan_.name, "\""));
    }
    for (std::string& remark : made.remarks) report_.remarks.push_back(std::move(remark));
    const bool hidden = made.metadata.version == kZstdMetadataVersion;
    outer_.finish(made.text, hidden ? kHiddenMetadataName : kMetadataName);
  }

  void tell(std::string_view name, std::uint64_t done) {
    if (!on_pass_) return;
    const std::uint64_t all = total_bytes_ + done_bytes_ + done;  // the verification came before
    on_pass_({name, std::min(all, 2 * total_bytes_), 2 * total_bytes_});
  }

  ArchiveImpl& archive_;
  const ArchiveFacts& facts_;
  const ArchiveMembers& members_;
  KeySource& keys_;
  const RepairPlan& plan_;
  SealGroup group_;  // its key is that of the member being written
  WorkerPool& pool_;
  const OnPass& on_pass_;
  const std::stop_token stop_;
  OuterWriter outer_;
  bool begun_ = false;
  std::size_t closed_ = 0;  // parts lost for want of their key
  std::uint64_t done_bytes_ = 0, total_bytes_ = 0;
  std::vector<SavedMember> saved_;
  RepairReport report_;
};

}  // namespace

// Whether the outer tar and its metadata are as they should be.
bool ArchiveImpl::has_sound_frame() const {
  const OuterTable& table = facts_.table;
  const bool repaired = std::any_of(
      table.members.begin(), table.members.end(),
      [](const OuterMember& member) { return !member.remark.empty() || member.unfinished; });
  return facts_.metadata && !repaired && !table.truncated && table.problem.empty() &&
         table.end_is_marked && missing_.empty() && facts_.state == State::kOk;
}

RepairReport ArchiveImpl::repair_to(const RepairPlan& plan, const ExportTarget& target,
                                    const OnPass& on_pass, std::stop_token stop) {
  if (facts_.is_bare || members_.empty()) {
    throw Error(ErrorKind::kNotABackup, facts_.file_name,
                problem().empty() ? "it holds no part of a backup" : problem(),
                facts_.is_bare ? "copy out what it holds: backshelf extract" : "");
  }
  verify(
      [&](const PassProgress& pass) {
        if (on_pass) on_pass({pass.member, pass.done_bytes, 2 * pass.total_bytes});
      },
      stop);
  const State now = state();
  if (has_sound_frame() && now < State::kTruncated) {
    RepairReport report;
    report.nothing_to_repair = now == State::kOk;
    if (report.nothing_to_repair) return report;
    throw Error(*failure_of(now), facts_.file_name,
                concat("whether its parts are sound can only be told with the key: ", problem()),
                "nothing was written");
  }
  return Repairer(*this, facts_, members_, keys_, plan, target, on_pass, std::move(stop))
      .run(missing_);
}

}  // namespace backshelf
