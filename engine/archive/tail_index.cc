#include "engine/archive/tail_index.h"

#include <algorithm>
#include <array>

#include "engine/archive/index_bytes.h"
#include "engine/archive/index_footer.h"
#include "engine/archive/index_sections.h"
#include "engine/base/error.h"
#include "engine/crypto/hash.h"
#include "engine/deflate/combine_crc.h"
#include "engine/zstd/zstd.h"

namespace backshelf {
namespace {

// The columns leave little to find: level 9 saves a seventh of it and takes ten times as long.
constexpr int kIndexLevel = 1;
// What a reader unpacks at most: more than the index of 5,000,000 files takes. Beside it, no more
// than the stream's own length justifies, so that a small forged archive costs little memory.
constexpr std::uint64_t kMaxPlainIndexBytes = 256 * kMiB;
constexpr std::uint64_t kMaxIndexRatio = 256;

// FORMAT.md 1: any other is not ours, or damaged where no checksum reaches.
constexpr std::array<std::byte, kGzipHeaderBytes> kMainHeader = {
    std::byte{0x1f}, std::byte{0x8b}, std::byte{8}, std::byte{0}, std::byte{0},
    std::byte{0},    std::byte{0},    std::byte{0}, std::byte{0}, std::byte{3}};

std::uint64_t plain_index_limit(const Footer& footer) {
  return std::min(kMaxPlainIndexBytes,
                  64 * kKiB + footer.main_bytes + kMaxIndexRatio * footer.packed_index_bytes);
}

// What zstd makes of bytes that do not compress, and some more. Before anything is read: a sparse
// file of any length costs nobody a disk.
std::uint64_t packed_index_limit(const Footer& footer) {
  return footer.plain_index_bytes + footer.plain_index_bytes / 128 + 64 * kKiB;
}

// Throws what the stream throws.
std::optional<ByteVec> read_range(const RandomSource& plain, std::uint64_t offset,
                                  std::uint64_t size) {
  ByteVec bytes(static_cast<std::size_t>(size));
  if (plain.read_at(offset, bytes) != bytes.size()) return std::nullopt;
  return bytes;
}

// Lengths that fit the stream exactly.
bool fits(const Footer& footer, std::uint64_t before_foot) {
  if (footer.gzip && footer.zstd) return false;
  const bool packed = footer.gzip || footer.zstd;
  return footer.main_bytes <= before_foot && footer.packed_index_bytes > 0 &&
         footer.packed_index_bytes <= before_foot - footer.main_bytes &&
         framed_bytes(footer.packed_index_bytes, footer.zstd) == before_foot - footer.main_bytes &&
         footer.plain_index_bytes <= plain_index_limit(footer) &&
         footer.packed_index_bytes <= packed_index_limit(footer) &&
         (packed || footer.main_bytes == footer.tar_bytes) &&
         (!footer.gzip || footer.main_bytes >= kGzipHeaderBytes + kTrailerBytes);
}

struct SegmentSums {
  std::uint64_t packed = 0, plain = 0;
  std::uint32_t crc32 = 0;
};

// Cannot overflow: as many segments as an index holds, of a few MiB each.
SegmentSums sums_of(const std::vector<Segment>& segments) {
  SegmentSums sums;
  for (const Segment& segment : segments) {
    sums.packed += segment.packed_bytes;
    sums.plain += segment.plain_bytes;
    sums.crc32 = combine_crc(sums.crc32, segment.crc32, segment.plain_bytes);
  }
  return sums;
}

// The table of segments is of this gzip member and of no other.
bool is_of_member(const TailIndex& index, const RandomSource& plain) {
  const SegmentSums sums = sums_of(index.segments);
  if (sums.plain != index.facts.tar_bytes) return false;
  if (sums.packed + kGzipHeaderBytes + kTrailerBytes != index.facts.main_bytes) return false;
  const auto header = read_range(plain, 0, kGzipHeaderBytes);
  if (!header || !std::ranges::equal(*header, kMainHeader)) return false;
  const auto trailer = read_range(plain, index.facts.main_bytes - kTrailerBytes, kTrailerBytes);
  if (!trailer) return false;
  IndexReader reader(*trailer);
  return reader.fixed(2) == 3 && reader.fixed(4) == sums.crc32 &&
         reader.fixed(4) == (sums.plain & 0xffffffff);
}

// Frames prove themselves; what the table can be held against is their length alone.
bool is_of_frames(const TailIndex& index) {
  const SegmentSums sums = sums_of(index.segments);
  return sums.plain == index.facts.tar_bytes && sums.packed == index.facts.main_bytes;
}

// Not compressed: a grid of 1 MiB over the whole tar.
bool is_grid(const TailIndex& index) {
  std::uint64_t left = index.facts.tar_bytes;
  for (const Segment& segment : index.segments) {
    const std::uint64_t size = std::min(left, kSegmentBytes);
    if (segment.plain_bytes != size || segment.packed_bytes != size) return false;
    left -= size;
  }
  return left == 0;
}

bool is_of_stream(const TailIndex& index, const RandomSource& plain) {
  if (index.facts.gzip) return is_of_member(index, plain);
  return index.facts.zstd ? is_of_frames(index) : is_grid(index);
}

std::optional<FoundFooter> find_footer(const RandomSource& plain) {
  const std::uint64_t size = plain.size();
  if (size < kFootFrameBytes) return std::nullopt;
  const auto last = read_range(plain, size - kFootFrameBytes, kFootFrameBytes);
  if (!last) return std::nullopt;
  if (auto footer = parse_footer(*last)) return footer;
  return parse_footer(ByteView(*last).last(kZstdFootFrameBytes));
}

std::optional<TailIndex> read_checked(const RandomSource& plain) {
  const auto footer = find_footer(plain);
  if (!footer) return std::nullopt;
  const Footer& fields = footer->fields;
  const std::uint64_t before_foot =
      plain.size() - (fields.zstd ? kZstdFootFrameBytes : kFootFrameBytes);
  if (!fits(fields, before_foot)) return std::nullopt;
  const auto frames = read_range(plain, fields.main_bytes, before_foot - fields.main_bytes);
  const auto packed = frames ? parse_frames(*footer, *frames) : std::nullopt;
  if (!packed) return std::nullopt;
  const auto sections =
      zstd_decompress(*packed, static_cast<std::size_t>(fields.plain_index_bytes));
  if (!sections || sections->size() != fields.plain_index_bytes) return std::nullopt;
  IndexFacts facts;
  facts.tar_bytes = fields.tar_bytes;
  facts.main_bytes = fields.main_bytes;
  facts.gzip = fields.gzip;
  facts.zstd = fields.zstd;
  facts.hashes = fields.hashes;
  auto index = parse_sections(*sections, facts);
  if (!index || !is_of_stream(*index, plain)) return std::nullopt;
  return index;
}

}  // namespace

ByteVec print_tail_index(const IndexFacts& facts, const std::vector<Segment>& segments,
                         const FileColumns::Sections& files, const std::optional<MacTable>& macs) {
  const PrintedSections printed = print_sections(facts, segments, files, macs);
  const std::vector<ByteView> pieces = printed.pieces(files);
  Footer footer;
  footer.gzip = facts.gzip;
  footer.zstd = facts.zstd;
  footer.hashes = facts.hashes;
  footer.stat = !files.stat.empty();
  footer.main_bytes = facts.main_bytes;
  footer.tar_bytes = facts.tar_bytes;
  for (const ByteView piece : pieces) footer.plain_index_bytes += piece.size();
  ByteVec packed(kHashedFooterBytes);
  zstd_append(packed, pieces, kIndexLevel);
  return print_frames(footer, std::move(packed));
}

std::optional<TailIndex> read_tail_index(const RandomSource& plain) {
  try {
    return read_checked(plain);
  } catch (const Error& error) {  // isolation: a damaged tail has no index
    if (error.kind() != ErrorKind::kDamaged && error.kind() != ErrorKind::kTruncated) throw;
    return std::nullopt;
  }
}

}  // namespace backshelf
