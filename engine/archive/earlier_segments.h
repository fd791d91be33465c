// The compressed segments of an earlier backup, found again by their content; part of
// engine/archive.
#pragma once

#include <atomic>
#include <memory>
#include <unordered_map>
#include <vector>

#include "engine/archive/member_open.h"
#include "engine/archive/tail_index.h"

namespace backshelf {

// Thread-safe once every member was added. About 80 bytes of memory for each segment.
class EarlierSegments final : public SegmentReuse {
 public:
  // Takes what the member's index lists; nothing when it has none that holds, no hashes, was
  // compressed otherwise than `level` does, or less than it asks for. One level for all members.
  // Throws Error(kIo).
  void add(const std::shared_ptr<const OpenedMember>& opened, Level level);
  [[nodiscard]] bool empty() const { return places_.empty(); }

  [[nodiscard]] bool find(Segment& segment, ByteVec& packed) const noexcept override;

 private:
  struct Place {
    std::uint32_t member = 0;
    std::uint64_t offset = 0;  // in the inner stream
    Segment segment;
  };
  // The hash is random enough to be its own.
  struct FirstBytes {
    std::size_t operator()(const SegmentHash& hash) const noexcept;
  };
  [[nodiscard]] bool read(const Place& place, ByteVec& packed) const;

  const SegmentCodec* codec_ = nullptr;  // of their frames; null: gzip
  std::vector<std::shared_ptr<const OpenedMember>> members_;
  std::unordered_map<SegmentHash, Place, FirstBytes> places_;
  mutable std::atomic<std::uint64_t> found_{0};
};

}  // namespace backshelf
