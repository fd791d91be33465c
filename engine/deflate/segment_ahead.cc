#include "engine/deflate/segment_ahead.h"

#include <algorithm>

#include "engine/base/bytes.h"

namespace backshelf {
namespace {

// Between two bodies stand padding and headers; files that are not read are skipped.
constexpr std::uint64_t kGapBytes = 64 * kKiB;
constexpr std::int64_t kMaxStep = 64;
// By chance 16 readings at random form a row of four among 500 segments once in a hundred times.
constexpr std::int64_t kRow = 4;
constexpr std::uint64_t kMaxDoublings = 6;

bool follows(std::uint64_t end, std::uint64_t start) {
  return start >= end && start - end < kGapBytes;
}

template <typename T>
void push_bounded(std::vector<T>& to, T value, std::size_t limit) {
  if (to.size() == limit) to.erase(to.begin());
  to.push_back(value);
}

}  // namespace

std::vector<std::uint64_t> SegmentAhead::note(const Read& read) {
  std::vector<std::uint64_t> wanted;
  forget(read.segment);
  const std::uint64_t in_call = std::min<std::uint64_t>(read.last - read.segment, window_);
  const std::uint64_t in_order = follow(read);
  const std::uint64_t count = std::max(in_call, in_order);
  for (std::uint64_t i = 1; i <= count; ++i) plan(read.segment + i, wanted);
  const std::int64_t step = step_to(read.segment);
  if (step == 0 || count > 0) return wanted;
  for (unsigned i = 1; i <= std::max(1U, window_ / 2); ++i) {
    const auto ahead = static_cast<std::uint64_t>(step * static_cast<std::int64_t>(i));
    plan(read.segment + ahead, wanted);  // below zero it wraps to behind the end
  }
  return wanted;
}

bool SegmentAhead::is_planned(std::uint64_t segment) const {
  return std::ranges::find(planned_, segment) != planned_.end();
}

void SegmentAhead::forget(std::uint64_t segment) {
  std::erase(planned_, segment);
}

std::uint64_t SegmentAhead::follow(const Read& read) {
  ++clock_;
  for (Reader& reader : readers_) {
    if (reader.used == 0) continue;
    if (follows(reader.to, read.from)) {
      reader.advanced += read.segment - std::min(read.segment, reader.segment);
      reader.from = read.from;
      reader.to = read.to;
      reader.segment = read.segment;
      reader.used = clock_;
      return std::min<std::uint64_t>(window_, 1ULL << std::min(reader.advanced, kMaxDoublings));
    }
    if (follows(read.to, reader.from)) {  // two neighbours came in the wrong order
      reader.from = read.from;
      reader.used = clock_;
      return 0;
    }
  }
  Reader& oldest = *std::ranges::min_element(readers_, {}, &Reader::used);
  oldest = {read.from, read.to, read.segment, 0, clock_};
  return 0;
}

std::int64_t SegmentAhead::step_to(std::uint64_t segment) {
  const auto visited = [this](std::int64_t number) {
    return std::ranges::find(visits_, static_cast<std::uint64_t>(number)) != visits_.end();
  };
  const auto here = static_cast<std::int64_t>(segment);
  if (visited(here)) return 0;
  std::int64_t found = 0;
  for (auto visit = visits_.rbegin(); visit != visits_.rend() && found == 0; ++visit) {
    const std::int64_t step = here - static_cast<std::int64_t>(*visit);
    if (step > kMaxStep || step < -kMaxStep) continue;
    bool all = true;
    for (std::int64_t i = 2; i < kRow; ++i) all = all && visited(here - i * step);
    if (all) found = step;
  }
  push_bounded(visits_, segment, kVisits);
  return found;
}

void SegmentAhead::plan(std::uint64_t segment, std::vector<std::uint64_t>& wanted) {
  if (is_planned(segment)) return;
  push_bounded(planned_, segment, kPlanned);
  wanted.push_back(segment);
}

}  // namespace backshelf
