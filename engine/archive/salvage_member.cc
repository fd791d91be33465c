#include "engine/archive/salvage_member.h"

#include "engine/archive/entry_body.h"
#include "engine/tar/tar_scan.h"
#include "engine/tar/tar_writer.h"

namespace backshelf {
namespace {

constexpr const char* kRepair = "the repair";
constexpr std::size_t kLookBytes = kMiB;

class LookThrough {
 public:
  LookThrough(const Member& member, const Member::Content& content, const OnExported& told,
              const std::stop_token& stop)
      : member_(member),
        content_(content),
        told_(told),
        stop_(stop),
        fate_(content.tree->size(), Fate::kUnseen),
        buffer_(kLookBytes) {}

  Salvage run() {
    const TarVisit visit = [&](const Entry& entry, const BodyLocation& body) {
      take(in_one_spelling(entry), body);
      if (told_) told_(body.data_offset + body.stored_size);
    };
    const TarScanResult scanned = scan_tar(*content_.tar, visit, {}, stop_);
    if (content_.from_index) {
      add_unseen();
    } else if (scanned.end != TarScanResult::End::kSound || content_ends_early()) {
      add_nameless(scanned.problem);
    }
    return std::move(salvage_);
  }

 private:
  enum class Fate : std::uint8_t { kUnseen, kKept, kLost };

  [[nodiscard]] std::optional<NodeIndex> node_of(std::string_view path) const {
    const auto cleaned = RelPath::parse(without_leading_slashes(path));
    return cleaned ? content_.tree->find(*cleaned) : std::nullopt;
  }

  void take(const Entry& entry, const BodyLocation& body) {
    const auto node = node_of(entry.path);
    const std::string why = node ? why_lost(entry, body) : "its name leads out of its folder";
    if (why.empty()) {
      ++salvage_.kept;
      last_ = entry.path;
      if (shown(last_) == kDatabasePath) salvage_.has_database = true;
      fate_[*node] = Fate::kKept;
      return;
    }
    salvage_.lost_at.insert(body.header_offset);
    salvage_.lost.push_back({shown(entry.path), why});
    if (node && fate_[*node] == Fate::kUnseen) fate_[*node] = Fate::kLost;
  }

  // Empty: it is whole.
  std::string why_lost(const Entry& entry, const BodyLocation& body) {
    if (entry.type == EntryType::kHardlink) return why_lost_link(entry);
    if (!body.complete) return "its end is missing";
    if (entry.type != EntryType::kFile) return {};
    EntryBody content(*content_.tar, body, entry.size, kRepair, stop_);
    try {
      std::uint64_t read = 0;
      while (const std::size_t got = read < entry.size ? content.read(buffer_) : 0) read += got;
      return read == entry.size ? "" : "its end is missing";
    } catch (const Error& error) {  // isolation: one entry of many
      if (state_of(error.kind()) == State::kOk) throw;
      return error.why();
    }
  }

  [[nodiscard]] std::string why_lost_link(const Entry& link) const {
    const auto target = node_of(link.link_target);
    if (target && fate_[*target] == Fate::kKept) return {};
    return concat("it is a second name of ", shown(link.link_target), ", which is lost");
  }

  // Names that the index knows, and whose headers are gone.
  void add_unseen() {
    const Tree& tree = *content_.tree;
    for (NodeIndex node = kRootNode + 1; node < tree.size(); ++node) {
      if (fate_[node] != Fate::kUnseen || tree.node(node).type == EntryType::kDirectory) continue;
      salvage_.lost.push_back({shown(tree.path(node).text()), "it is damaged from its header on"});
    }
  }

  // A stream that was cut between two entries, so that its tar looks whole.
  [[nodiscard]] bool content_ends_early() const {
    return member_.info().state == State::kTruncated;
  }

  void add_nameless(const std::string& problem) {
    const bool cut = member_.info().state == State::kTruncated && !last_.empty();
    const std::string where = cut ? concat(" behind ", shown(last_)) : "";
    const std::string why = problem.empty() ? member_.info().problem : problem;
    salvage_.lost.push_back(
        {member_.place().folder, concat("what else was stored in it", where,
                                        " is lost, and its names are not known: ", why)});
  }

  // As the folder of the backup shows it.
  [[nodiscard]] std::string shown(const std::string& path) const {
    const auto cleaned = RelPath::parse(without_leading_slashes(path));
    if (!cleaned) return concat(member_.place().folder, ": ", path);
    const std::string root = content_.tree->path(content_.root).text();
    if (root.empty()) return concat(member_.place().folder, "/", cleaned->text());
    if (cleaned->text() == root) return member_.place().folder;
    if (!cleaned->text().starts_with(concat(root, "/"))) return cleaned->text();
    return concat(member_.place().folder, cleaned->text().substr(root.size()));
  }

  const Member& member_;
  const Member::Content& content_;
  const OnExported& told_;
  const std::stop_token& stop_;
  std::vector<Fate> fate_;  // of the nodes
  ByteVec buffer_;
  std::string last_;  // path of the last entry that is whole
  Salvage salvage_;
};

}  // namespace

Salvage look_through(const Member& member, const Member::Content& content, const OnExported& told,
                     const std::stop_token& stop) {
  return LookThrough(member, content, told, stop).run();
}

void repack_salvage(const Member::Content& content, const Salvage& salvage, Level level,
                    OuterWriter& outer, WorkerPool& pool, const OnExported& told,
                    const std::stop_token& stop) {
  const std::unique_ptr<Packer> packer =
      make_packer({.level = level, .hashes = has_hashes(level)}, outer, pool);
  TarWriter tar(*packer);
  FileColumns files;
  std::uint64_t stored_entries = 0;
  const TarVisit visit = [&](const Entry& found, const BodyLocation& body) {
    if (salvage.lost_at.contains(body.header_offset)) return;
    Entry entry = in_one_spelling(found);
    const bool has_body = entry.type == EntryType::kFile && entry.size > 0;
    EntryBody source(*content.tar, body, entry.size, kRepair, stop);
    const TarWriter::Stored stored = tar.add(entry, has_body ? &source : nullptr);
    if (has_body) source.demand_whole(stored.body, entry.path);
    files.add(as_stored(std::move(entry)), stored.location);
    ++stored_entries;
    if (told) told(body.data_offset + body.stored_size);
  };
  (void)scan_tar(*content.tar, visit, {}, stop);
  if (stored_entries != salvage.kept) {
    throw Error(ErrorKind::kDamaged, kRepair, "the archive changed while it was read",
                "run it again");
  }
  PartIndex index(level);
  index.facts.tar_bytes = tar.finish();
  index.segments = packer->finish();
  index.files = files.take();
  outer.end_member(index);
}

}  // namespace backshelf
