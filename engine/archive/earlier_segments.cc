#include "engine/archive/earlier_segments.h"

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

}  // namespace

std::size_t EarlierSegments::FirstBytes::operator()(const SegmentHash& hash) const noexcept {
  std::size_t value = 0;
  std::memcpy(&value, hash.data(), sizeof value);
  return value;
}

void EarlierSegments::add(const std::shared_ptr<const OpenedMember>& opened, Level level) {
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
  std::uint64_t offset = codec_ == nullptr ? kGzipHeaderBytes : 0;
  for (const Segment& segment : index->segments) {
    // A longer one would make the next archive's index one that no reader takes.
    const std::uint64_t longest = codec_ == nullptr ? stored_bytes(segment.plain_bytes)
                                                    : codec_->max_frame_bytes(segment.plain_bytes);
    const bool usable = segment.packed_bytes <= longest;
    if (usable) places_.try_emplace(segment.hash, Place{member, offset, segment});
    offset += segment.packed_bytes;
  }
}

bool EarlierSegments::read(const Place& place, ByteVec& packed) const {
  const OpenedMember& member = *members_[place.member];
  ByteVec bytes(static_cast<std::size_t>(place.segment.packed_bytes));
  if (member.plain->read_at(place.offset, bytes) != bytes.size()) return false;
  const bool check =
      !member.authenticated || found_.fetch_add(1, std::memory_order_relaxed) % kSpotCheck == 0;
  if (check && !decodes_to(place.segment, bytes, codec_)) return false;
  packed = std::move(bytes);
  return true;
}

bool EarlierSegments::find(Segment& segment, ByteVec& packed) const noexcept {
  try {
    const auto found = places_.find(segment.hash);
    if (found == places_.end()) return false;
    const Segment& earlier = found->second.segment;
    const bool same = earlier.plain_bytes == segment.plain_bytes && earlier.crc32 == segment.crc32;
    if (!same || !read(found->second, packed)) return false;
    segment.packed_bytes = earlier.packed_bytes;
    segment.is_stored = earlier.is_stored;
    return true;
  } catch (const std::exception&) {  // isolation: what cannot be read is compressed anew
    return false;
  }
}

}  // namespace backshelf
