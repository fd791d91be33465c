#include "engine/archive/index_sections.h"

#include <algorithm>
#include <map>

#include "engine/archive/index_bytes.h"

namespace backshelf {
namespace {

enum SectionTag : std::uint64_t {
  kMetaTag = 1,
  kSegmentsTag = 2,
  kFilesTag = 3,
  // 4 is reserved for extended attributes
  kSparseTag = 5,
  kChainTag = 6,
  kStatTag = 7,
};
constexpr std::uint64_t kCriticalFlag = 1;
constexpr std::size_t kDirectoryRowBytes = 12;

constexpr std::uint8_t kNoHashId = 0;
constexpr std::uint8_t kBlake2bId = 1;
constexpr std::uint32_t kWriterVersion = 1;  // grows when this program writes otherwise

enum SegmentKind : unsigned { kBodyKind = 1, kStoredKind = 2 };
// A coder that makes more of a segment than this is not known; a reader holds it in memory.
constexpr std::uint64_t kMaxPackedSegmentBytes = 2 * kMaxSegmentBytes;

bool is_critical(std::uint64_t tag) {
  return tag == kMetaTag || tag == kSegmentsTag || tag == kFilesTag || tag == kSparseTag;
}

ByteVec print_meta(const IndexFacts& facts) {
  ByteVec out;
  put_fixed(out, kSegmentBytes, 4);
  put_fixed(out, kMaxSegmentBytes, 4);
  put_fixed(out, kPackMinBytes, 4);
  put_fixed(out, kOwnSegmentBytes, 4);
  put_fixed(out, facts.hashes ? kBlake2bId : kNoHashId, 1);
  put_fixed(out, facts.level, 1);
  put_fixed(out, 0, 2);
  put_fixed(out, kWriterVersion, 4);
  put_fixed(out, static_cast<std::uint64_t>(facts.snapshot.seconds), 8);
  put_fixed(out, facts.snapshot.nanoseconds, 4);
  put_fixed(out, 0, 4);
  return out;
}

bool parse_meta(ByteView body, IndexFacts& facts) {
  IndexReader reader(body);
  (void)reader.view(16);  // sizes the writer cut by: every segment states its own
  const std::uint64_t hash_id = reader.fixed(1);
  facts.level = static_cast<std::uint8_t>(reader.fixed(1));
  (void)reader.fixed(2);
  (void)reader.fixed(4);
  facts.snapshot.seconds = static_cast<std::int64_t>(reader.fixed(8));
  facts.snapshot.nanoseconds = static_cast<std::uint32_t>(reader.fixed(4));
  (void)reader.fixed(4);
  return reader.good() && hash_id == (facts.hashes ? kBlake2bId : kNoHashId);
}

ByteVec print_segments(const std::vector<Segment>& segments, bool hashes) {
  ByteVec out;
  out.reserve(segments.size() * (hashes ? 28 : 12) + 10);
  put_varint(out, segments.size());
  for (const Segment& segment : segments) {
    put_fixed(out, (segment.is_body ? kBodyKind : 0U) | (segment.is_stored ? kStoredKind : 0U), 1);
  }
  for (const Segment& segment : segments) {
    put_varint(out, segment.packed_bytes);
    put_varint(out, segment.plain_bytes);
  }
  for (const Segment& segment : segments) put_fixed(out, segment.crc32, 4);
  if (!hashes) return out;
  for (const Segment& segment : segments) put_bytes(out, segment.hash);
  return out;
}

std::optional<std::vector<Segment>> parse_segments(ByteView body, bool hashes) {
  IndexReader reader(body);
  const std::uint64_t count = reader.varint();
  const ByteView kinds = reader.view(count);
  if (!reader.good()) return std::nullopt;
  std::vector<Segment> segments(kinds.size());
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    Segment& segment = segments[i];
    segment.is_body = (kinds[i] & std::byte{kBodyKind}) != std::byte{0};
    segment.is_stored = (kinds[i] & std::byte{kStoredKind}) != std::byte{0};
    segment.packed_bytes = reader.varint();
    segment.plain_bytes = reader.varint();
    if (segment.plain_bytes == 0 || segment.plain_bytes > kMaxSegmentBytes ||
        segment.packed_bytes == 0 || segment.packed_bytes > kMaxPackedSegmentBytes) {
      return std::nullopt;
    }
  }
  for (Segment& segment : segments) segment.crc32 = static_cast<std::uint32_t>(reader.fixed(4));
  for (Segment& segment : segments) {
    if (hashes) std::ranges::copy(reader.view(segment.hash.size()), segment.hash.begin());
  }
  if (!reader.good() || reader.left() > 0) return std::nullopt;
  return segments;
}

ByteVec print_chain(const MacTable& macs) {
  ByteVec out;
  out.reserve(macs.header.size() + 4 + 8 * macs.prefixes.size());
  put_bytes(out, macs.header);
  put_fixed(out, macs.prefixes.size(), 4);
  for (const auto& prefix : macs.prefixes) put_bytes(out, prefix);
  return out;
}

std::optional<MacTable> parse_chain(ByteView body) {
  MacTable macs;
  IndexReader reader(body);
  std::ranges::copy(reader.view(macs.header.size()), macs.header.begin());
  const std::uint64_t count = reader.fixed(4);
  if (!reader.good() || reader.left() != 8 * count) return std::nullopt;
  macs.prefixes.resize(static_cast<std::size_t>(count));
  for (auto& prefix : macs.prefixes) std::ranges::copy(reader.view(prefix.size()), prefix.begin());
  return macs;
}

// The bodies by tag. Unknown ones that are not critical are left out.
std::optional<std::map<std::uint64_t, ByteView>> split_sections(ByteView index) {
  IndexReader directory(index);
  const std::uint64_t count = directory.fixed(2);
  IndexReader rows(directory.view(count * kDirectoryRowBytes));
  if (!directory.good()) return std::nullopt;
  std::map<std::uint64_t, ByteView> found;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t tag = rows.fixed(2), flags = rows.fixed(2);
    const ByteView body = directory.view(rows.fixed(8));
    const bool known = is_critical(tag) || tag == kChainTag || tag == kStatTag;
    if (!known && (flags & kCriticalFlag) != 0) return std::nullopt;
    if (known && !found.emplace(tag, body).second) return std::nullopt;
  }
  if (!directory.good() || directory.left() > 0) return std::nullopt;
  return found;
}

ByteVec owned(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace

std::vector<ByteView> PrintedSections::pieces(const FileColumns::Sections& files) const {
  return {directory, meta, segments, files.files, files.sparse, chain, files.stat};
}

PrintedSections print_sections(const IndexFacts& facts, const std::vector<Segment>& segments,
                               const FileColumns::Sections& files,
                               const std::optional<MacTable>& macs) {
  PrintedSections printed;
  printed.meta = print_meta(facts);
  printed.segments = print_segments(segments, facts.hashes);
  if (macs) printed.chain = print_chain(*macs);
  std::vector<std::pair<std::uint64_t, std::size_t>> rows = {
      {kMetaTag, printed.meta.size()},
      {kSegmentsTag, printed.segments.size()},
      {kFilesTag, files.files.size()}};
  if (!files.sparse.empty()) rows.emplace_back(kSparseTag, files.sparse.size());
  if (macs) rows.emplace_back(kChainTag, printed.chain.size());
  if (!files.stat.empty()) rows.emplace_back(kStatTag, files.stat.size());
  put_fixed(printed.directory, rows.size(), 2);
  for (const auto& [tag, size] : rows) {
    put_fixed(printed.directory, tag, 2);
    put_fixed(printed.directory, is_critical(tag) ? kCriticalFlag : 0, 2);
    put_fixed(printed.directory, size, 8);
  }
  return printed;
}

std::optional<TailIndex> parse_sections(ByteView index, const IndexFacts& facts) {
  const auto sections = split_sections(index);
  if (!sections) return std::nullopt;
  const auto body = [&](SectionTag tag) {
    const auto found = sections->find(tag);
    return found == sections->end() ? ByteView() : found->second;
  };
  TailIndex parsed;
  parsed.facts = facts;
  if (!sections->contains(kFilesTag) || !parse_meta(body(kMetaTag), parsed.facts)) {
    return std::nullopt;
  }
  auto segments = parse_segments(body(kSegmentsTag), facts.hashes);
  if (!segments) return std::nullopt;
  parsed.segments = std::move(*segments);
  parsed.files = owned(body(kFilesTag));
  parsed.sparse = owned(body(kSparseTag));
  parsed.stat = owned(body(kStatTag));
  if (sections->contains(kChainTag)) {
    parsed.macs = parse_chain(body(kChainTag));
    if (!parsed.macs) return std::nullopt;
  }
  return parsed;
}

}  // namespace backshelf
