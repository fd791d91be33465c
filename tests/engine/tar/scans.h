// Scans of both kinds, and the sources that fail under them, for the tests of this room.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/base/error.h"
#include "engine/stream/adapters.h"
#include "engine/tar/tar_scan.h"
#include "tests/engine/tar/tar_bits.h"

namespace backshelf {

using End = TarScanResult::End;

struct Scan {
  TarScanResult result;
  std::vector<std::string> paths;
  std::vector<Entry> entries;
  std::vector<BodyLocation> bodies;
};

inline TarVisit collect(Scan& scan) {
  return [&scan](const Entry& entry, const BodyLocation& body) {
    scan.paths.push_back(entry.path);
    scan.entries.push_back(entry);
    scan.bodies.push_back(body);
  };
}

// In-order data that comes in small pieces and fails at one offset.
class DripSource final : public Source {
 public:
  DripSource(ByteVec bytes, std::size_t step, std::optional<Error> at_end = std::nullopt)
      : bytes_(std::move(bytes)), step_(step), at_end_(std::move(at_end)) {}
  std::size_t read(ByteSpan out) override {
    const std::size_t count = std::min({out.size(), step_, bytes_.size() - at_});
    if (count == 0 && at_end_) throw Error(*at_end_);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
    at_ += count;
    return count;
  }

 private:
  ByteVec bytes_;
  std::size_t step_, at_ = 0;
  std::optional<Error> at_end_;
};

// Random access with unreadable ranges, counting what is read.
class HoledSource final : public RandomSource {
 public:
  HoledSource(ByteVec bytes, std::vector<std::pair<std::uint64_t, std::uint64_t>> holes = {},
              ErrorKind kind = ErrorKind::kDamaged)
      : below_(std::move(bytes)), holes_(std::move(holes)), kind_(kind) {}
  std::uint64_t size() const override { return below_.size(); }
  std::size_t read_at(std::uint64_t offset, ByteSpan out) const override {
    for (const auto& [from, to] : holes_) {
      if (offset < to && offset + out.size() > from) throw Error(kind_, "reading", "a hole");
    }
    bytes_read += out.size();
    return below_.read_at(offset, out);
  }
  mutable std::uint64_t bytes_read = 0;

 private:
  MemorySource below_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> holes_;
  ErrorKind kind_;
};

inline Scan in_order(const ByteVec& tar, std::size_t step = 1 << 20,
                     std::optional<Error> error = {}) {
  Scan scan;
  DripSource source(tar, step, std::move(error));
  scan.result = scan_tar(source, collect(scan));
  return scan;
}

inline Scan at_random(const ByteVec& tar,
                      std::vector<std::pair<std::uint64_t, std::uint64_t>> holes = {}) {
  Scan scan;
  const HoledSource source(tar, std::move(holes));
  scan.result = scan_tar(source, collect(scan));
  return scan;
}

// Both ways must tell the same.
inline Scan both(const ByteVec& tar) {
  Scan one = in_order(tar, 700), two = at_random(tar);
  EXPECT_EQ(one.paths, two.paths);
  EXPECT_EQ(one.result.end, two.result.end);
  EXPECT_EQ(one.result.end_offset, two.result.end_offset);
  EXPECT_EQ(one.result.problem, two.result.problem);
  return two;
}

inline TarBits three_files() {
  TarBits tar;
  tar.file("a", std::string(600, 'a')).file("b", std::string(1024, 'b')).file("c", "c");
  return tar;
}

}  // namespace backshelf
