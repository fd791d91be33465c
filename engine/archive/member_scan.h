// One pass over an opened member, and what of it can be believed; part of engine/archive.
#pragma once

#include <functional>

#include "engine/archive/member_open.h"
#include "engine/base/guarded.h"
#include "engine/deflate/gunzip.h"
#include "engine/tar/tar_scan.h"

namespace backshelf {

// Called with the number of bytes that were read of `plain` so far.
using OnRead = std::function<void(std::uint64_t)>;

// Notes how far it was read, and how it failed.
class WatchedSource final : public RandomSource {
 public:
  WatchedSource(std::shared_ptr<const RandomSource> below, OnRead on_read)
      : below_(std::move(below)), on_read_(std::move(on_read)) {}
  [[nodiscard]] std::uint64_t size() const override { return below_->size(); }
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) const override;
  [[nodiscard]] std::uint64_t read_up_to() const;
  [[nodiscard]] std::optional<Error> failure() const;  // the first, of kDamaged and kTruncated

 private:
  struct Seen {
    std::uint64_t up_to = 0;
    std::optional<Error> failure;
  };
  const std::shared_ptr<const RandomSource> below_;
  const OnRead on_read_;
  mutable Guarded<Seen> seen_;
};

struct ScanOutcome {
  State state = State::kOk;
  std::string problem;
  bool authenticated = false;
  std::uint64_t entries = 0;
  std::uint64_t read_up_to = 0;              // of `plain`; gzip and zstd only
  std::uint64_t index_bytes = 0;             // the memory that `tar` keeps
  bool from_index = false;                   // by the member's own index, without a pass
  std::shared_ptr<const RandomSource> tar;   // throws where bytes cannot be believed
  std::shared_ptr<const GunzipIndex> index;  // what reads `tar`; gzip only
};

// The pass itself, or what an earlier one left in the member's sidecar; a pass that found the
// member sound leaves one. Throws Error: kIo, kInterrupted, and what `visit` throws.
[[nodiscard]] ScanOutcome scan_member(const OpenedMember& opened, BlockCache& cache,
                                      const TarVisit& visit, const OnRead& on_read,
                                      std::stop_token stop);

// Reads [from, end) of `plain` block by block, going on behind damage. Returns the damage found.
struct ReadThrough {
  std::uint64_t bad_blocks = 0;
  std::optional<Error> first;
};
[[nodiscard]] ReadThrough read_through(const RandomSource& plain, std::uint64_t from,
                                       const OnRead& on_read, std::stop_token stop);

}  // namespace backshelf
