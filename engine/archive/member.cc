#include "engine/archive/member.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/deflate/gunzip.h"

namespace backshelf {
namespace {

constexpr std::uint64_t kVerifyCacheBytes = 32 * kMiB;  // apart from the shared cache: bytes anew

}  // namespace

Member::Member(MemberFacts facts, PlacedPart place, std::optional<int> metadata_version,
               ArchiveTools tools)
    : facts_(std::move(facts)),
      place_(std::move(place)),
      metadata_version_(metadata_version),
      tools_(tools) {
  status_.with([&](Status& status) {
    const SealFormat format = facts_.seal.format;
    const bool sealed = securetar_version(facts_.seal).has_value();
    status.zstd = format == SealFormat::kPlainZstd || (sealed && facts_.name.suffix == ".tar.zst");
    status.gzip = format == SealFormat::kPlainGzip ||
                  (sealed && !status.zstd && facts_.name.suffix != ".tar");
    status.authenticated = format == SealFormat::kV3;
  });
}

MemberInfo Member::info() const {
  MemberInfo info;
  info.member = facts_.outer.name;
  info.folder = place_.folder;
  info.size = facts_.outer.size;
  info.securetar = securetar_version(facts_.seal);
  info.in_metadata = place_.in_metadata;
  status_.with([&](const Status& status) {
    info.gzip = status.gzip;
    info.zstd = status.zstd;
    info.authenticated = status.authenticated;
    info.state = status.state;
    info.problem = status.problem;
    info.indexed = status.content && status.content->from_index;
  });
  return info;
}

std::vector<std::string> Member::left_out() const {
  const Content* content = content_if_known();
  return content == nullptr ? std::vector<std::string>{} : content->left_out;
}

void Member::take(const OpenOutcome& outcome) {
  status_.with([&](Status& status) {
    status.state = outcome.state;
    status.problem = outcome.problem;
    if (!outcome.opened) return;
    status.gzip = outcome.opened->gzip;
    status.zstd = outcome.opened->zstd;
  });
}

void Member::open() {
  const OpenOutcome outcome = open_member(facts_, tools_);
  take(outcome);
  status_.with([&](Status& status) {
    status.opened = outcome.opened;
    status.shown = outcome.state != State::kNeedsKey && outcome.state != State::kWrongKey &&
                   outcome.state != State::kUnsupported;
  });
}

void Member::judge(State state, std::string problem) {
  status_.with([&](Status& status) {
    status.state = state;
    status.problem = std::move(problem);
    status.shown = true;
  });
}

std::shared_ptr<const OpenedMember> Member::opened() const {
  return status_.with([](const Status& status) { return status.opened; });
}

bool Member::is_shown() const {
  return status_.with([](const Status& status) { return status.shown; });
}

std::optional<Entry> Member::root_entry() const {
  if (const Content* content = content_if_known()) return content->root_entry;
  RootEntries entries;
  status_.with([&](const Status& status) {
    if (!status.opened) return;
    for (const Entry& entry : status.opened->first) entries.add(entry);
  });
  if (!place_.is_config || !entries.data) return entries.root;
  const bool data = data_is_config(entries.core_json.has_value(), metadata_version_,
                                   entries.data_is_first && !entries.root);
  return data ? entries.data : entries.root;
}

std::optional<Entry> Member::core_json_entry() const {
  if (!place_.is_config) return std::nullopt;
  return status_.with([](const Status& status) {
    RootEntries entries;
    if (status.opened) {
      for (const Entry& entry : status.opened->first) entries.add(entry);
    }
    return entries.core_json;
  });
}

const Member::Content* Member::content_if_known() const {
  return known_.load(std::memory_order_acquire);
}

std::optional<std::uint64_t> Member::passed_bytes() const {
  const bool passing = status_.with([](const Status& status) { return status.passing; });
  return passing ? std::optional(passed_.load()) : std::nullopt;
}

Error Member::dead(State state, const std::string& problem) const {
  return Error(kind_of(state), facts_.outer.name, problem.empty() ? "it cannot be read" : problem);
}

const Member::Content& Member::content(std::stop_token stop) {
  if (const Content* known = content_if_known()) return *known;
  std::shared_ptr<const OpenedMember> opened;
  const bool mine = status_.wait(
      stop, [](const Status& status) { return !status.passing; },
      [&](Status& status) {
        if (status.passing || status.content) return false;
        if (status.failure) throw Error(*status.failure);
        if (!status.opened) throw dead(status.state, status.problem);
        opened = status.opened;
        status.passing = true;
        return true;
      });
  if (mine) pass(opened, stop);
  if (const Content* known = content_if_known()) return *known;
  const auto failure = status_.with([](const Status& status) { return status.failure; });
  if (failure) throw Error(*failure);
  throw Error(ErrorKind::kInterrupted, facts_.outer.name, "waiting for its index was stopped");
}

void Member::pass(const std::shared_ptr<const OpenedMember>& opened, std::stop_token stop) {
  try {
    passed_ = 0;
    auto builder = std::make_unique<ContentBuilder>();
    const auto visit = [&](const Entry& entry, const BodyLocation& body) {
      builder->add(entry, body);
    };
    std::optional<ScanOutcome> scanned = scan_index(*opened, tools_, visit);
    if (!scanned) {
      builder = std::make_unique<ContentBuilder>();
      scanned = scan_into(*builder, *opened, std::move(stop));
    }
    publish(*scanned, builder->build(*scanned, place_.is_config, metadata_version_));
  } catch (...) {  // cleanup: whoever waits must make the pass instead
    status_.with([](Status& status) { status.passing = false; });
    status_.notify_all();
    throw;
  }
}

ScanOutcome Member::scan_into(ContentBuilder& builder, const OpenedMember& opened,
                              std::stop_token stop) {
  const TarVisit visit = [&](const Entry& entry, const BodyLocation& body) {
    builder.add(entry, body);
  };
  const OnRead on_read = [this](std::uint64_t read) { passed_ = read; };
  return scan_member(opened, tools_.cache, visit, on_read, std::move(stop));
}

void Member::publish(const ScanOutcome& scanned, std::shared_ptr<const Content> content) {
  status_.with([&](Status& status) {
    if (status.state < scanned.state) {
      status.state = scanned.state;
      status.problem = scanned.problem;
    }
    status.authenticated = scanned.authenticated;
    if (scanned.entries == 0 && scanned.state != State::kOk) {
      status.failure = dead(scanned.state, scanned.problem);
    } else {
      status.content = std::move(content);
      known_.store(status.content.get(), std::memory_order_release);
    }
    status.passing = false;
  });
  status_.notify_all();
}

std::size_t Member::read(NodeIndex node, std::uint64_t offset, ByteSpan out, std::stop_token stop) {
  const Content& known = content(stop);
  const NodeView view = known.tree->node(node);
  if (view.type != EntryType::kFile) {
    throw Error(ErrorKind::kInvalid, known.tree->path(node).text(), "it is no regular file");
  }
  const auto link = known.links.find(node);
  const bool too_early = link != known.links.end() && link->second.comes_too_early;
  if (too_early || (!view.readable && view.size == 0)) {  // a hard link to nothing
    throw Error(ErrorKind::kDamaged, known.tree->path(node).text(),
                "its content is not in the archive");
  }
  try {
    const Body from = body_of(known, view, std::move(stop));
    return read_body(*from.content.tar, from.content.tree->body(from.node), view.size, offset, out);
  } catch (const Error& error) {  // isolation: what a read finds becomes the member's state
    const State found = state_of(error.kind());
    if (found != State::kOk) {
      status_.with([&](Status& status) {
        status.state = worse(status.state, found);
        if (status.problem.empty()) status.problem = error.why();
      });
    }
    throw;
  }
}

Member::Body Member::body_of(const Content& known, const NodeView& view, std::stop_token stop) {
  if (!known.from_index || headers_.holds(known, view.content)) {
    return {known, view.content};
  }
  const Content& passed = content_without_index(std::move(stop));
  const RelPath path = known.tree->path(view.index);
  const auto node = passed.tree->find(path);
  const bool same = node && passed.tree->node(*node).type == EntryType::kFile &&
                    passed.tree->node(*node).size == view.size;
  if (same) return {passed, passed.tree->node(*node).content};
  throw Error(ErrorKind::kDamaged, path.text(),
              "the index of the archive and the archive itself do not say the same of it",
              "use another copy of this archive");
}

const Member::Content& Member::content_without_index(std::stop_token stop) {
  const auto opened = this->opened();
  return by_pass_.with([&](std::shared_ptr<const Content>& made) -> const Content& {
    if (!made) {
      ContentBuilder builder;
      const ScanOutcome scanned = scan_into(builder, *opened, std::move(stop));
      made = builder.build(scanned, place_.is_config, metadata_version_);
    }
    return *made;
  });
}

void Member::verify(const OnRead& on_read, std::stop_token stop) {
  BlockCache cache(kVerifyCacheBytes);
  const ArchiveTools tools{tools_.keys, cache, tools_.pool};
  OpenOutcome outcome = open_member(facts_, tools);
  if (!outcome.opened) {
    if (outcome.state != State::kWrongKey || info().state != State::kDamaged) take(outcome);
    return;
  }
  const OpenedMember& opened = *outcome.opened;
  if (is_sound_by_index(opened, tools, on_read, stop)) {
    take(outcome);
    status_.with([](Status& status) { status.authenticated = true; });
    return;
  }
  const ScanOutcome scanned = scan_member(
      opened, cache, [](const Entry&, const BodyLocation&) {}, on_read, stop);
  // gzip and zstd alone prove what they decoded
  const bool all = (!opened.gzip && !opened.zstd) || opened.authenticated;
  const ReadThrough read =
      all ? read_through(*opened.plain, scanned.read_up_to, on_read, stop) : ReadThrough{};
  outcome.state = worse(outcome.state, scanned.state);
  if (outcome.problem.empty()) outcome.problem = scanned.problem;
  if (read.first) {
    outcome.state = worse(outcome.state, state_of(read.first->kind()));
    const std::string count =
        read.bad_blocks > 1 ? concat(read.bad_blocks, " places are damaged; the first: ") : "";
    outcome.problem = concat(count, read.first->why());
  }
  take(outcome);
  status_.with([&](Status& status) { status.authenticated = scanned.authenticated; });
}

}  // namespace backshelf
