// room: archive deflate zstd crypto base
// Any bytes as an unpacked index: refused, or parts that keep the promises of tail_index.h and are
// the same after printing and parsing them again.
#include <cstdlib>

#include "engine/archive/index_sections.h"

namespace {

using namespace backshelf;

void demand(bool holds) {
  if (!holds) std::abort();
}

// The entries of a section, once more as columns; nothing when they are none.
std::optional<FileColumns::Sections> columns_again(const TailIndex& index) {
  FileColumns columns;
  const bool good =
      read_files(index.files, index.sparse, [&](const Entry& entry, const BodyLocation& body) {
        demand(entry.mtime.nanoseconds < 1'000'000'000);
        demand(body.header_offset <= body.data_offset);
        demand(body.data_offset <= body.data_offset + body.stored_size);
        std::uint64_t reached = 0;
        for (const Extent& extent : body.extents) {
          demand(extent.length > 0 && extent.logical_offset >= reached);
          reached = extent.logical_offset + extent.length;
          demand(reached >= extent.length);
        }
        columns.add(entry, body);
      });
  if (!good) return std::nullopt;
  return columns.take();
}

ByteVec printed_again(const TailIndex& index, const FileColumns::Sections& sections) {
  const PrintedSections printed = print_sections(index.facts, index.segments, sections, index.macs);
  ByteVec plain;
  for (const ByteView piece : printed.pieces(sections)) {
    plain.insert(plain.end(), piece.begin(), piece.end());
  }
  return plain;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  IndexFacts facts;
  facts.hashes = (*data & 1) != 0;
  const ByteView bytes(reinterpret_cast<const std::byte*>(data) + 1, size - 1);
  const auto index = parse_sections(bytes, facts);
  if (!index) return 0;
  for (const Segment& segment : index->segments) {
    demand(segment.plain_bytes > 0 && segment.plain_bytes <= kMaxSegmentBytes);
    demand(segment.packed_bytes > 0);
  }
  const auto stats = read_stats(index->stat);
  if (stats) demand(stats->size() <= index->stat.size());
  const auto sections = columns_again(*index);
  if (!sections) return 0;
  const ByteVec first = printed_again(*index, *sections);
  const auto again = parse_sections(first, facts);
  demand(again.has_value());
  demand(printed_again(*again, *columns_again(*again)) == first);
  return 0;
}
