#include "engine/archive/export_member.h"

#include <algorithm>
#include <map>

#include "engine/archive/entry_body.h"
#include "engine/stream/read_ahead.h"
#include "engine/tar/tar_scan.h"
#include "engine/tar/tar_writer.h"

namespace backshelf {
namespace {

constexpr const char* kExport = "the export";
constexpr std::uint64_t kCopyBytes = kMiB;
constexpr std::uint64_t kCopyChunksAhead = 2;

std::optional<RelPath> cleaned(std::string_view path) {
  return RelPath::parse(without_leading_slashes(path));
}

class Repacking {
 public:
  Repacking(const Member::Content& content, const LeftOut* left_out, Level level,
            OuterWriter& outer, WorkerPool& pool, const OnExported& told, std::stop_token stop)
      : content_(content),
        left_out_(left_out),
        level_(level),
        outer_(outer),
        told_(told),
        stop_(std::move(stop)),
        packer_(make_packer({.level = level, .hashes = has_hashes(level)}, outer, pool)),
        tar_(*packer_) {}

  std::uint64_t run() {
    const TarVisit visit = [&](const Entry& entry, const BodyLocation& body) {
      take(entry, body);
      if (told_) told_(body.data_offset + body.stored_size);
    };
    const TarScanResult scanned = scan_tar(*content_.tar, visit, {}, stop_);
    if (scanned.end != TarScanResult::End::kSound) {
      throw Error(ErrorKind::kDamaged, kExport, scanned.problem);
    }
    PartIndex index(level_);
    index.facts.tar_bytes = tar_.finish();
    index.segments = packer_->finish();
    index.files = files_.take();
    outer_.end_member(index);
    return count_;
  }

 private:
  struct LostFile {
    Entry entry;
    BodyLocation body;
    std::string now;  // the first link to it, which became the file; empty: none yet
  };

  void take(Entry stored, const BodyLocation& body) {
    Entry entry = in_one_spelling(std::move(stored));
    const auto path = left_out_ == nullptr ? std::nullopt : cleaned(entry.path);
    if (path && left_out_->has(*path)) return leave_out(*path, entry, body);
    if (entry.type == EntryType::kHardlink && !lost_.empty()) return take_link(std::move(entry));
    store(entry, body);
  }

  void leave_out(const RelPath& path, const Entry& entry, const BodyLocation& body) {
    ++count_;
    if (entry.type == EntryType::kDirectory) return;
    if (entry.type != EntryType::kHardlink) {
      lost_[path.text()] = {entry, body, {}};
      return;
    }
    const auto target = cleaned(entry.link_target);
    const auto found = target ? lost_.find(target->text()) : lost_.end();
    if (found != lost_.end()) lost_[path.text()] = LostFile(found->second);
  }

  void take_link(Entry link) {
    const auto target = cleaned(link.link_target);
    const auto found = target ? lost_.find(target->text()) : lost_.end();
    if (found == lost_.end()) return store(link, {});
    LostFile& file = found->second;
    if (file.now.empty()) {
      file.now = file.entry.path = link.path;
      return store(file.entry, file.body);
    }
    link.link_target = file.now;
    store(link, {});
  }

  void store(Entry entry, const BodyLocation& body) {
    const bool has_body = entry.type == EntryType::kFile && entry.size > 0;
    EntryBody source(*content_.tar, body, entry.size, kExport, stop_);
    const TarWriter::Stored stored = tar_.add(entry, has_body ? &source : nullptr);
    if (has_body) source.demand_whole(stored.body, entry.path);
    files_.add(as_stored(std::move(entry)), stored.location);
  }

  const Member::Content& content_;
  const LeftOut* const left_out_;
  const Level level_;
  OuterWriter& outer_;
  const OnExported& told_;
  const std::stop_token stop_;
  const std::unique_ptr<Packer> packer_;
  TarWriter tar_;
  FileColumns files_;
  std::map<std::string, LostFile> lost_;  // files left out: a link may need one
  std::uint64_t count_ = 0;
};

}  // namespace

bool LeftOut::has(const RelPath& path) const {
  std::string_view below = path.text();
  if (content_.root != kRootNode) {  // homeassistant.json and the like are no part of the folder
    const std::string root = content_.tree->path(content_.root).text();
    if (!below.starts_with(concat(root, "/"))) return false;
    below.remove_prefix(root.size() + 1);
  }
  if (below.empty()) return false;
  const std::string shown = concat(place_.folder, "/", below);
  for (std::size_t end = 0; end != std::string::npos;) {
    end = shown.find('/', end + 1);
    if (plan_.leaves_out(shown.substr(0, end))) return true;
  }
  return false;
}

bool LeftOut::any() const {
  for (NodeIndex node = kRootNode + 1; node < content_.tree->size(); ++node) {
    if (has(content_.tree->path(node))) return true;
  }
  return false;
}

void copy_member(const OpenedMember& opened, OuterWriter& outer, const OnExported& told,
                 std::stop_token stop) {
  std::optional<TailIndex> index = read_tail_index(*opened.plain);
  if (index && index->macs && opened.seal_digest == index->macs->header) {
    opened.believe_macs(index->macs->prefixes);
  }
  const std::uint64_t end = index ? index->facts.main_bytes : opened.plain->size();
  std::shared_ptr<const RandomSource> plain = opened.plain;
  if (opened.authenticated && end > 2 * kV3ChunkBytes) {
    plain = std::make_shared<ReadAhead>(plain, kV3ChunkBytes, kCopyChunksAhead);
  }
  ByteVec buffer(static_cast<std::size_t>(kCopyBytes));
  for (std::uint64_t at = 0; at < end;) {
    demand_running(stop, kExport);
    const auto wanted = static_cast<std::size_t>(std::min(kCopyBytes, end - at));
    const std::size_t got = plain->read_at(at, ByteSpan(buffer).first(wanted));
    if (got != wanted) throw Error(ErrorKind::kTruncated, kExport, "the archive ends too early");
    outer.write(ByteView(buffer).first(wanted));
    at += wanted;
    if (told) told(at);
  }
  if (!index) return outer.end_member();
  // Without STAT, which is of use to the home's own machine only.
  outer.end_member({index->facts,
                    std::move(index->segments),
                    {std::move(index->files), std::move(index->sparse), {}}});
}

std::uint64_t repack_member(const Member::Content& content, const LeftOut* left_out, Level level,
                            OuterWriter& outer, WorkerPool& pool, const OnExported& told,
                            std::stop_token stop) {
  return Repacking(content, left_out, level, outer, pool, told, std::move(stop)).run();
}

}  // namespace backshelf
