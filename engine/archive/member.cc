#include "engine/archive/member.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/deflate/gunzip.h"

namespace backshelf {
namespace {

constexpr std::uint64_t kVerifyCacheBytes = 4 * kMiB;  // apart from the shared cache: bytes anew

// Path of an entry relative to the tar's root; none: a hostile one.
std::optional<std::string> clean_path(const Entry& entry) {
  std::string_view text = entry.path;
  while (text.starts_with('/')) text.remove_prefix(1);
  const auto path = RelPath::parse(text);
  if (!path) return std::nullopt;
  return path->text();
}

// The entries that decide what a part's folder is, collected in tar order.
struct RootEntries {
  std::optional<Entry> root, data, core_json;
  bool data_is_first = true;  // no other top-level entry stands before "data" (Core, Container)

  void add(const Entry& entry) {
    const auto path = clean_path(entry);
    if (!path) return;
    if (path->empty() && entry.type == EntryType::kDirectory) root = entry;
    if (*path == "data" && entry.type == EntryType::kDirectory) data = entry;
    if (*path == "homeassistant.json" && entry.type == EntryType::kFile) core_json = entry;
    if (!data && *path != "data") data_is_first = false;
  }
};

// Format 2 (2022.02 on) keeps the configuration in "data"; format 1 is the configuration, which may
// have a folder "data" of its own. A homeassistant.json, or the metadata, tells them apart; Core's
// early backups have neither, and nothing but "data".
bool data_is_config(bool has_core_json, std::optional<int> version, bool only_data) {
  return has_core_json || version.value_or(0) >= 2 || only_data;
}

}  // namespace

Member::Member(MemberFacts facts, PlacedPart place, std::optional<int> metadata_version,
               ArchiveTools tools)
    : facts_(std::move(facts)),
      place_(std::move(place)),
      metadata_version_(metadata_version),
      tools_(tools) {
  status_.with([&](Status& status) {
    const SealFormat format = facts_.seal.format;
    status.gzip = format == SealFormat::kPlainGzip ||
                  (securetar_version(facts_.seal) && facts_.name.suffix != ".tar");
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
    info.authenticated = status.authenticated;
    info.state = status.state;
    info.problem = status.problem;
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
    if (outcome.opened) status.gzip = outcome.opened->gzip;
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
    TreeBuilder builder;
    RootEntries roots;
    HardLinks links;
    const TarVisit visit = [&](const Entry& entry, const BodyLocation& body) {
      roots.add(entry);
      links.add(entry, body);
      builder.add(entry, body);
    };
    passed_ = 0;
    const OnRead on_read = [this](std::uint64_t read) { passed_ = read; };
    const ScanOutcome scanned = scan_member(*opened, tools_.cache, visit, on_read, std::move(stop));
    TreeBuilder::Built built = builder.build();
    auto content = std::make_shared<Content>();
    content->tar = scanned.tar;
    content->memory_bytes = scanned.index_bytes;
    content->tree = std::move(built.tree);
    content->left_out = std::move(built.left_out);
    content->root_entry = roots.root;
    const Tree& tree = *content->tree;
    content->memory_bytes += tree.memory_bytes();
    content->links = links.differing(tree);
    const auto data = place_.is_config ? tree.find_child(kRootNode, "data") : std::nullopt;
    if (data && tree.node(*data).type == EntryType::kDirectory) {
      const auto json = tree.find_child(kRootNode, "homeassistant.json");
      if (data_is_config(json.has_value(), metadata_version_, tree.child_count(kRootNode) == 1)) {
        content->root = *data;
        content->root_entry = roots.data;
      }
    }
    if (place_.is_config) content->core_json = tree.find_child(kRootNode, "homeassistant.json");
    publish(scanned, std::move(content));
  } catch (...) {  // cleanup: whoever waits must make the pass instead
    status_.with([](Status& status) { status.passing = false; });
    status_.notify_all();
    throw;
  }
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
  const Content& known = content(std::move(stop));
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
    return read_body(*known.tar, known.tree->body(view.content), view.size, offset, out);
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

void Member::verify(const OnRead& on_read, std::stop_token stop) {
  BlockCache cache(kVerifyCacheBytes);
  OpenOutcome outcome = open_member(facts_, {tools_.keys, cache});
  if (!outcome.opened) {
    if (outcome.state != State::kWrongKey || info().state != State::kDamaged) take(outcome);
    return;
  }
  const OpenedMember& opened = *outcome.opened;
  const ScanOutcome scanned = scan_member(
      opened, cache, [](const Entry&, const BodyLocation&) {}, on_read, stop);
  const bool all = !opened.gzip || opened.authenticated;  // gzip alone proves what it decoded
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
