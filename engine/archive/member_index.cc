#include "engine/archive/member_index.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/deflate/grid_source.h"
#include "engine/deflate/segment_source.h"
#include "engine/stream/adapters.h"
#include "engine/zstd/zstd_codec.h"

namespace backshelf {
namespace {

constexpr std::uint64_t kMaxHeaderBytes =
    16 * kMiB;  // of one entry; the scan allows no more either

std::optional<TailIndex> find_index(const OpenedMember& opened) {
  if (opened.cut || opened.padded_v1) return std::nullopt;
  std::optional<TailIndex> index = read_tail_index(*opened.plain);
  if (!index || index->facts.gzip != opened.gzip || index->facts.zstd != opened.zstd) {
    return std::nullopt;
  }
  if (index->macs && opened.seal_digest == index->macs->header) {
    opened.believe_macs(index->macs->prefixes);
  }
  return index;
}

std::shared_ptr<const RandomSource> tar_of(const OpenedMember& opened, const TailIndex& index,
                                           BlockCache& cache, WorkerPool* pool) {
  if (opened.gzip) return make_segment_source(opened.plain, index.segments, cache, pool);
  if (opened.zstd) {
    return make_segment_source(opened.plain, index.segments, cache, pool, &zstd_codec());
  }
  if (opened.authenticated) {
    return std::make_shared<Slice>(opened.plain, 0, index.facts.tar_bytes);
  }
  return make_grid_source(opened.plain, index.segments, cache);
}

// Null: a table that no packer makes.
std::shared_ptr<const RandomSource> try_tar_of(const OpenedMember& opened, const TailIndex& index,
                                               const ArchiveTools& tools) {
  try {
    return tar_of(opened, index, tools.cache, tools.pool);
  } catch (const Error& error) {  // isolation: an index that cannot be is none
    if (error.kind() != ErrorKind::kDamaged) throw;
    return nullptr;
  }
}

// Tells how far a reader came, as a part of what is stored.
class ToldCursor final : public Source {
 public:
  ToldCursor(const RandomSource& tar, std::uint64_t stored_bytes, const OnRead& on_read)
      : cursor_(tar), tar_bytes_(tar.size()), stored_bytes_(stored_bytes), on_read_(on_read) {}
  [[nodiscard]] std::size_t read(ByteSpan out) override {
    const std::size_t got = cursor_.read(out);
    if (on_read_ && tar_bytes_ > 0) {
      const double part = static_cast<double>(cursor_.offset()) / static_cast<double>(tar_bytes_);
      on_read_(static_cast<std::uint64_t>(part * static_cast<double>(stored_bytes_)));
    }
    return got;
  }

 private:
  Cursor cursor_;
  const std::uint64_t tar_bytes_, stored_bytes_;
  const OnRead& on_read_;
};

bool same_sections(FileColumns& a, FileColumns& b) {
  const FileColumns::Sections first = a.take(), second = b.take();
  return first.files == second.files && first.sparse == second.sparse;
}

bool describes_tar(const TailIndex& index, const RandomSource& tar, std::uint64_t stored_bytes,
                   const OnRead& on_read, std::stop_token stop) {
  FileColumns said, found;
  const bool readable =
      read_files(index.files, index.sparse, [&](const Entry& entry, const BodyLocation& body) {
        said.add(in_one_spelling(entry), body);
      });
  if (!readable) return false;
  ToldCursor cursor(tar, stored_bytes, on_read);
  const TarScanResult result = scan_tar(
      cursor,
      [&](const Entry& entry, const BodyLocation& body) {
        found.add(in_one_spelling(entry), body);
      },
      {}, std::move(stop));
  return result.end == TarScanResult::End::kSound && same_sections(said, found);
}

}  // namespace

std::optional<ScanOutcome> scan_index(const OpenedMember& opened, const ArchiveTools& tools,
                                      const TarVisit& visit) {
  const std::optional<TailIndex> index = find_index(opened);
  if (!index) return std::nullopt;
  ScanOutcome outcome;
  const auto count = [&](const Entry& entry, const BodyLocation& body) {
    ++outcome.entries;
    visit(entry, body);
  };
  if (!read_files(index->files, index->sparse, count)) return std::nullopt;
  const auto tar = try_tar_of(opened, *index, tools);
  if (!tar) return std::nullopt;
  outcome.authenticated = true;  // each read is proved, by a MAC or by the segment's CRC
  outcome.from_index = true;
  outcome.index_bytes = index->segments.size() * 3 * sizeof(std::uint64_t);
  outcome.tar = tar;
  return outcome;
}

bool is_sound_by_index(const OpenedMember& opened, const ArchiveTools& tools, const OnRead& on_read,
                       std::stop_token stop) {
  const std::optional<TailIndex> index = find_index(opened);
  if (!index) return false;
  try {
    const auto tar = tar_of(opened, *index, tools.cache, tools.pool);
    return describes_tar(*index, *tar, opened.plain->size(), on_read, std::move(stop));
  } catch (const Error& error) {  // isolation: the long way finds the damage and names it
    if (state_of(error.kind()) == State::kOk) throw;
    return false;
  }
}

bool HeaderCheck::holds(const MemberContent& content, NodeIndex node) {
  const bool known = proved_.with([&](std::vector<bool>& proved) {
    if (proved.empty()) proved.resize(content.tree->size());
    return proved[node];
  });
  if (known) return true;
  const BodyLocation body = content.tree->body(node);
  // Of a sparse file the map would have to be compared as well: the pass knows it.
  const bool plain =
      body.complete && body.extents.empty() && body.stored_size == content.tree->node(node).size;
  if (!plain || body.data_offset <= body.header_offset) return false;
  const std::uint64_t size = body.data_offset - body.header_offset;
  if (size > kMaxHeaderBytes) return false;
  ByteVec headers(static_cast<std::size_t>(size));
  if (content.tar->read_at(body.header_offset, headers) != headers.size()) return false;
  const std::optional<Entry> entry = read_headers(std::move(headers));
  if (!entry || entry->type != EntryType::kFile) return false;
  const auto path = RelPath::parse(without_leading_slashes(entry->path));
  const bool same =
      path && *path == content.tree->path(node) && entry->size == content.tree->node(node).size;
  if (same) proved_.with([&](std::vector<bool>& proved) { proved[node] = true; });
  return same;
}

}  // namespace backshelf
