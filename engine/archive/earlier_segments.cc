#include "engine/archive/earlier_segments.h"

#include <algorithm>
#include <cstring>

#include "engine/base/error.h"
#include "engine/deflate/segment_check.h"
#include "engine/deflate/segment_encoder.h"
#include "engine/zstd/zstd_codec.h"

namespace backshelf {
namespace {

// Of segments that a MAC proves, one in this many is decoded before it is written again: a fault of
// the program that wrote them is not to be handed on for years. The others, which anybody may have
// put there, are all decoded, and their hash is made anew.
constexpr std::uint64_t kSpotCheck = 64;
// A file that is written to through memory gets new times only when a page is first written to
// since the kernel wrote it to disk, which is 35 s later at most (vm.dirty_expire_centisecs and
// dirty_writeback_centisecs).
constexpr std::int64_t kRestSeconds = 60;

bool is_before(std::int64_t seconds, const Timestamp& snapshot) {
  return snapshot.seconds >= kRestSeconds && seconds < snapshot.seconds - kRestSeconds;
}

// Whether the file was at rest when it was stored, so that a later change shows in its times.
bool was_at_rest(const Entry& entry, const FileStat& stat, const Timestamp& snapshot) {
  constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
  return is_before(entry.mtime.seconds, snapshot) &&
         is_before(stat.ctime_ns / kNanosPerSecond, snapshot);
}

bool is_large_and_whole(const Entry& entry, const BodyLocation& body) {
  return entry.type == EntryType::kFile && entry.size >= kOwnSegmentBytes &&
         body.stored_size == entry.size && body.complete && body.extents.empty();
}

}  // namespace

// Segments of one member in the order of the tar.
class EarlierSegments::SegmentRow {
 public:
  SegmentRow(const std::vector<Segment>& segments, std::uint64_t offset, std::uint32_t member) {
    std::uint64_t begin = 0;
    for (const Segment& segment : segments) {
      places_.push_back({member, offset, segment});
      begins_.push_back(begin);
      offset += segment.packed_bytes;
      begin += segment.plain_bytes;
    }
  }
  // Those that are exactly the bytes [begin, begin + size) of the tar; empty: there are none.
  [[nodiscard]] std::vector<Place> of(std::uint64_t begin, std::uint64_t size) const {
    const auto first = std::ranges::lower_bound(begins_, begin);
    if (first == begins_.end() || *first != begin) return {};
    const auto at = static_cast<std::size_t>(first - begins_.begin());
    std::size_t end = at;
    for (std::uint64_t covered = 0; covered < size; ++end) {
      if (end == places_.size() || !places_[end].segment.is_body) return {};
      covered += places_[end].segment.plain_bytes;
      if (covered > size) return {};
    }
    const auto from = places_.begin();
    return {from + static_cast<std::ptrdiff_t>(at), from + static_cast<std::ptrdiff_t>(end)};
  }
  [[nodiscard]] const std::vector<Place>& all() const { return places_; }

 private:
  std::vector<Place> places_;
  std::vector<std::uint64_t> begins_;  // in the tar
};

std::size_t EarlierSegments::FirstBytes::operator()(const SegmentHash& hash) const noexcept {
  std::size_t value = 0;
  std::memcpy(&value, hash.data(), sizeof value);
  return value;
}

std::string EarlierSegments::body_key(std::string_view member_stem, std::string_view path) {
  return concat(member_stem, "/", path);
}

// A longer one would make the next archive's index one that no reader takes.
bool EarlierSegments::is_usable(const Place& place) const {
  const std::uint64_t plain_bytes = place.segment.plain_bytes;
  return place.segment.packed_bytes <=
         (codec_ == nullptr ? stored_bytes(plain_bytes) : codec_->max_frame_bytes(plain_bytes));
}

void EarlierSegments::add(std::string_view member_stem,
                          const std::shared_ptr<const OpenedMember>& opened, Level level) {
  codec_ = level == Level::kZstd ? &zstd_codec() : nullptr;
  const bool fits = opened && (codec_ == nullptr ? opened->gzip : opened->zstd);
  if (!fits || opened->cut) return;
  const std::optional<TailIndex> index = read_tail_index(*opened->plain);
  if (!index || index->facts.gzip != opened->gzip || index->facts.zstd != opened->zstd) return;
  if (!index->facts.hashes) return;
  if (index->facts.level < static_cast<std::uint8_t>(level)) return;
  if (index->macs && opened->seal_digest == index->macs->header) {
    opened->believe_macs(index->macs->prefixes);
  }
  const auto member = static_cast<std::uint32_t>(members_.size());
  members_.push_back(opened);
  const SegmentRow row(index->segments, codec_ == nullptr ? kGzipHeaderBytes : 0, member);
  for (const Place& place : row.all()) {
    if (is_usable(place)) places_.try_emplace(place.segment.hash, place);
  }
  // Elsewhere anybody may have written the table that says which bytes a file has.
  if (opened->authenticated && !index->stat.empty()) add_bodies(member_stem, *index, row);
}

void EarlierSegments::add_bodies(std::string_view member_stem, const TailIndex& index,
                                 const SegmentRow& row) {
  const auto stats = read_stats(index.stat);
  if (!stats) return;
  std::unordered_map<std::string, Body> bodies;
  std::size_t number = 0;
  const VisitFile visit = [&](const Entry& entry, const BodyLocation& body) {
    const std::optional<FileStat> stat = number < stats->size() ? (*stats)[number] : std::nullopt;
    ++number;
    if (!stat || !is_large_and_whole(entry, body)) return;
    if (!was_at_rest(entry, *stat, index.facts.snapshot)) return;
    std::vector<Place> places = row.of(body.data_offset, body.stored_size);
    if (places.empty() ||
        !std::ranges::all_of(places, [this](const auto& place) { return is_usable(place); }))
      return;
    bodies[body_key(member_stem, entry.path)] = {*stat, entry.mtime, entry.size, std::move(places)};
  };
  if (!read_files(index.files, index.sparse, visit) || number != stats->size()) return;
  bodies_.merge(bodies);
}

std::vector<EarlierContent::Place> EarlierSegments::unchanged(std::string_view member_stem,
                                                              const Entry& entry,
                                                              const FileStat& stat) const {
  if (bodies_.empty()) return {};
  const auto found = bodies_.find(body_key(member_stem, entry.path));
  if (found == bodies_.end()) return {};
  const Body& body = found->second;
  const bool same = body.stat == stat && body.mtime == entry.mtime && body.size == entry.size;
  return same ? body.places : std::vector<Place>();
}

bool EarlierSegments::try_read(const Place& place, ByteVec& packed) const {
  const OpenedMember& member = *members_[place.member];
  ByteVec bytes(static_cast<std::size_t>(place.segment.packed_bytes));
  if (member.plain->read_at(place.offset, bytes) != bytes.size()) return false;
  const bool check =
      !member.authenticated || found_.fetch_add(1, std::memory_order_relaxed) % kSpotCheck == 0;
  if (check && !decodes_to(place.segment, bytes, codec_)) return false;
  packed = std::move(bytes);
  return true;
}

bool EarlierSegments::read(const Place& place, ByteVec& packed) const noexcept {
  try {
    return try_read(place, packed);
  } catch (const std::exception&) {  // isolation: what cannot be read is made anew
    return false;
  }
}

bool EarlierSegments::find(Segment& segment, ByteVec& packed) const noexcept {
  const auto found = places_.find(segment.hash);
  if (found == places_.end()) return false;
  const Segment& earlier = found->second.segment;
  const bool same = earlier.plain_bytes == segment.plain_bytes && earlier.crc32 == segment.crc32;
  if (!same || !read(found->second, packed)) return false;
  segment.packed_bytes = earlier.packed_bytes;
  segment.is_stored = earlier.is_stored;
  return true;
}

}  // namespace backshelf
