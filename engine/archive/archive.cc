#include "engine/archive/archive.h"

#include <algorithm>

#include "engine/archive/archive_impl.h"
#include "engine/archive/earlier_segments.h"
#include "engine/base/error.h"

namespace backshelf {
namespace {

std::vector<OuterMember> parts_of(const ArchiveFacts& facts) {
  std::vector<OuterMember> parts;
  for (const OuterMember& member : facts.table.members) {
    const bool named = split_inner_name(member.name) && member.type != EntryType::kDirectory;
    if (named || facts.is_bare) parts.push_back(member);
  }
  return parts;
}

InnerName inner_name(const std::string& name) {
  if (auto split = split_inner_name(name)) return *split;
  return {name, ".tar.gz"};
}

ArchiveTools with_keys(const ArchiveTools& tools, KeySource& keys) {
  return {keys, tools.cache, tools.pool, tools.sidecars};
}

std::string shown_missing(const std::string& what) {
  return concat("backup.json lists ", what, ", but the archive has no member for it");
}

}  // namespace

std::shared_ptr<Archive> Archive::open(std::shared_ptr<const RandomSource> bytes,
                                       std::string file_name, ArchiveTools tools) {
  return std::make_shared<ArchiveImpl>(read_facts(std::move(bytes), std::move(file_name)), tools);
}

ArchiveImpl::ArchiveImpl(ArchiveFacts facts, ArchiveTools tools)
    : facts_(std::move(facts)),  // for good; and how much its keys may be tried
      keys_(tools.keys) {
  const std::vector<OuterMember> parts = parts_of(facts_);
  std::vector<InnerName> names;
  for (const OuterMember& part : parts) names.push_back(inner_name(part.name));
  std::vector<std::string> taken = {"PROBLEM.txt", "apps", "homeassistant.json", "backup.json",
                                    "snapshot.json"};
  const Metadata* metadata = this->metadata();
  Placement placement = place_parts(names, metadata, taken, facts_.is_bare);
  missing_ = std::move(placement.missing);
  const auto version = metadata == nullptr ? std::nullopt : std::optional(metadata->version);
  part_names_.reserve(parts.size());
  members_.reserve(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    part_names_.push_back(placement.parts[i].name());
    members_.push_back(
        std::make_unique<Member>(facts_of(facts_.bytes, parts[i], names[i], facts_.hints),
                                 placement.parts[i], version, with_keys(tools, keys_)));
  }
}

const Metadata* ArchiveImpl::metadata() const {
  return facts_.metadata ? &*facts_.metadata : nullptr;
}

bool ArchiveImpl::is_protected() const {
  return std::any_of(members_.begin(), members_.end(), [](const auto& member) {
    return securetar_version(member->facts().seal).has_value();
  });
}

bool ArchiveImpl::is_mixed() const {
  const auto sealed = std::count_if(members_.begin(), members_.end(), [](const auto& member) {
    return securetar_version(member->facts().seal).has_value();
  });
  return sealed > 0 && static_cast<std::size_t>(sealed) < members_.size();
}

std::uint64_t ArchiveImpl::memory_bytes() const {
  std::uint64_t sum = facts_.metadata_bytes.size();
  for (const auto& member : members_) {
    if (const Member::Content* content = member->content_if_known()) sum += content->memory_bytes;
  }
  return sum;
}

State ArchiveImpl::state() const {
  State state = facts_.state;
  if (!missing_.empty()) state = worse(state, State::kDamaged);
  for (const auto& member : members_) state = worse(state, member->info().state);
  return state;
}

std::vector<std::string> ArchiveImpl::problems() const {
  std::vector<std::string> lines = facts_.problems;
  for (const auto& member : members_) {
    const MemberInfo info = member->info();
    if (!info.problem.empty()) lines.push_back(concat(info.member, ": ", info.problem));
  }
  for (const std::string& what : missing_) lines.push_back(shown_missing(what));
  if (is_mixed()) {
    lines.push_back(
        "only some of its members are encrypted: who can write to its location may "
        "have put the others there");
  }
  for (const auto& member : members_) {
    const std::vector<std::string> left_out = member->left_out();
    if (left_out.empty()) continue;
    lines.push_back(concat(member->facts().outer.name, ": ", left_out.size(),
                           " entries are not shown, the first: ", left_out.front()));
  }
  return lines;
}

std::string ArchiveImpl::problem() const {
  const std::vector<std::string> lines = problems();
  if (lines.empty()) return {};
  if (lines.size() == 1) return lines.front();
  return concat(lines.front(), " (and ", lines.size() - 1, " more)");
}

std::string ArchiveImpl::problem_text() const {
  std::string text = concat("Problems with this backup (", facts_.file_name, "):\n\n");
  for (const std::string& line : problems()) text += concat("- ", line, "\n");
  text +=
      "\nEverything that can still be read is shown beside this file. Another copy of the archive, "
      "if there is one,\nmay be whole; `backshelf verify` reads every byte of this one.\n";
  return text;
}

std::vector<MemberInfo> ArchiveImpl::members() const {
  std::vector<MemberInfo> infos;
  infos.reserve(members_.size());
  for (const auto& member : members_) infos.push_back(member->info());
  return infos;
}

std::optional<PassProgress> ArchiveImpl::opening() const {
  for (const auto& member : members_) {
    const auto passed = member->passed_bytes();
    if (!passed) continue;
    const std::uint64_t total = member->facts().bytes->size();
    return PassProgress{member->facts().outer.name, std::min(*passed, total), total};
  }
  return std::nullopt;
}

// A key that opens one member of a root salt is right for all of them: what then fails is the
// check value in the header, not the key.
void ArchiveImpl::judge_siblings() {
  for (const auto& member : members_) {
    if (member->facts().seal.format != SealFormat::kV3) continue;
    if (member->info().state != State::kWrongKey) continue;
    const bool sibling_opens =
        std::any_of(members_.begin(), members_.end(), [&](const auto& other) {
          const State state = other->info().state;
          return other->facts().seal.format == SealFormat::kV3 &&
                 other->facts().seal.root_salt == member->facts().seal.root_salt &&
                 (state == State::kOk || state == State::kTruncated || state == State::kDamaged);
        });
    if (sibling_opens) {
      member->judge(State::kDamaged,
                    "its header is damaged: the key opens other members of this backup, and not "
                    "this one (use another copy of this archive)");
    }
  }
}

void ArchiveImpl::check(std::stop_token stop) {
  if (checked_.load(std::memory_order_acquire)) return;
  const auto stopped = [&] {
    return Error(ErrorKind::kInterrupted, "opening it", "it was stopped");
  };
  const bool mine = check_.wait(
      stop, [](Check state) { return state != Check::kRunning; },
      [&](Check& state) {
        if (state == Check::kDone) return false;
        if (state == Check::kRunning) throw stopped();
        state = Check::kRunning;
        return true;
      });
  if (!mine) return;
  try {
    for (const auto& member : members_) {
      if (stop.stop_requested()) throw stopped();
      member->open();
    }
    judge_siblings();
  } catch (...) {  // cleanup: the next caller tries again
    check_.with([](Check& state) { state = Check::kNone; });
    check_.notify_all();
    throw;
  }
  check_.with([](Check& state) { state = Check::kDone; });
  checked_.store(true, std::memory_order_release);
  check_.notify_all();
}

void ArchiveImpl::verify(const OnPass& on_pass, std::stop_token stop) {
  check(stop);
  PassProgress progress;
  for (const auto& member : members_) progress.total_bytes += member->facts().bytes->size();
  for (const auto& member : members_) {
    const std::uint64_t before = progress.done_bytes;
    const std::uint64_t size = member->facts().bytes->size();
    progress.member = member->facts().outer.name;
    member->verify(
        [&](std::uint64_t read) {
          progress.done_bytes = before + std::min(read, size);
          if (on_pass) on_pass(progress);
        },
        stop);
    progress.done_bytes = before + size;
    if (on_pass) on_pass(progress);
  }
  judge_siblings();
}

std::unique_ptr<EarlierContent> ArchiveImpl::segments_for(Level level) {
  auto segments = std::make_unique<EarlierSegments>();
  for (const auto& member : members_) {
    segments->add(member->facts().name.stem, member->opened(), level);
  }
  if (segments->empty()) return nullptr;
  return segments;
}

}  // namespace backshelf
