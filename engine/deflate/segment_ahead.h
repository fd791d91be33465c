// Which segments will be wanted soon, guessed from the reads there were. Pure logic. Part of
// engine/deflate only.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace backshelf {

// Knows several readers that go on in order (small gaps and swapped neighbours count as order: the
// kernel reads with several threads) and readers that go in equal steps, forwards or backwards.
// One thread at a time.
class SegmentAhead {
 public:
  // `window`: the most segments ahead of one reader.
  explicit SegmentAhead(unsigned window) : window_(window) {}

  struct Read {
    std::uint64_t from = 0, to = 0;  // plain bytes of `segment` that are read now
    std::uint64_t segment = 0;
    std::uint64_t last = 0;  // the segment where the same call will end
  };
  // Segments to decode now, nearest first, never the one being read. One that was returned is not
  // returned again until it was read or forgotten(); numbers behind the end are possible.
  [[nodiscard]] std::vector<std::uint64_t> note(const Read& read);
  // Whether a segment that note() returned is still waited for: not read, not forgotten.
  [[nodiscard]] bool is_planned(std::uint64_t segment) const;
  void forget(std::uint64_t segment);

 private:
  struct Reader {
    std::uint64_t from = 0, to = 0;  // the last read
    std::uint64_t segment = 0;
    std::uint64_t advanced = 0;  // segments since it was known
    std::uint64_t used = 0;      // the larger the younger; 0: an empty place
  };
  static constexpr std::size_t kReaders = 16;
  static constexpr std::size_t kVisits = 16;
  static constexpr std::size_t kPlanned = 64;

  // How many segments ahead of its reader; 0 when it does not go on in order.
  [[nodiscard]] std::uint64_t follow(const Read& read);
  // The step between segments when this one is at least the fourth of its kind; else 0.
  [[nodiscard]] std::int64_t step_to(std::uint64_t segment);
  void plan(std::uint64_t segment, std::vector<std::uint64_t>& wanted);

  const unsigned window_;
  std::array<Reader, kReaders> readers_{};
  std::uint64_t clock_ = 0;
  std::vector<std::uint64_t> visits_;   // segments entered, the last kVisits, oldest first
  std::vector<std::uint64_t> planned_;  // oldest first
};

}  // namespace backshelf
