// The compressed segments of an earlier backup, found again by their content or by the file they
// are of; part of engine/archive.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/archive/earlier_content.h"
#include "engine/archive/member_open.h"
#include "engine/archive/tail_index.h"

namespace backshelf {

// Thread-safe once every member was added. About 80 bytes of memory for each segment, twice where
// files can be told unchanged.
class EarlierSegments final : public EarlierContent {
 public:
  // Takes what the member's index lists; nothing when it has none that holds, no hashes, was
  // compressed otherwise than `level` does, or less than it asks for. One level for all members.
  // Throws Error(kIo).
  void add(std::string_view member_stem, const std::shared_ptr<const OpenedMember>& opened,
           Level level);
  [[nodiscard]] bool empty() const { return places_.empty(); }

  [[nodiscard]] bool find(Segment& segment, ByteVec& packed) const noexcept override;
  [[nodiscard]] std::vector<Place> unchanged(std::string_view member_stem, const Entry& entry,
                                             const FileStat& stat) const override;
  [[nodiscard]] bool read(const Place& place, ByteVec& packed) const noexcept override;

 private:
  // The hash is random enough to be its own.
  struct FirstBytes {
    std::size_t operator()(const SegmentHash& hash) const noexcept;
  };
  class SegmentRow;
  struct Body {
    FileStat stat;
    Timestamp mtime;
    std::uint64_t size = 0;
    std::vector<Place> places;
  };
  [[nodiscard]] static std::string body_key(std::string_view member_stem, std::string_view path);
  void add_bodies(std::string_view member_stem, const TailIndex& index, const SegmentRow& row);
  [[nodiscard]] bool is_usable(const Place& place) const;
  [[nodiscard]] bool try_read(const Place& place, ByteVec& packed) const;

  const SegmentCodec* codec_ = nullptr;  // of their frames; null: gzip
  std::vector<std::shared_ptr<const OpenedMember>> members_;
  std::unordered_map<SegmentHash, Place, FirstBytes> places_;
  std::unordered_map<std::string, Body> bodies_;
  mutable std::atomic<std::uint64_t> found_{0};
};

}  // namespace backshelf
