#include "engine/deflate/segment_noise.h"

#include <array>

namespace backshelf {
namespace {

constexpr std::size_t kSampleBytes = 4 * kKiB;
constexpr std::size_t kSamples = 16;
// Random bytes: n + n(n-1)/256 = 69,616, a deviation of about 360; text has several times as much.
constexpr std::uint32_t kMaxSquares = 74'000;

// Four tables, so that equal neighbours do not wait for each other.
std::uint32_t sum_of_squares(ByteView sample) {
  std::array<std::array<std::uint32_t, 256>, 4> counts{};
  for (std::size_t i = 0; i + 4 <= sample.size(); i += 4) {
    for (std::size_t j = 0; j < 4; ++j) ++counts[j][std::to_integer<std::size_t>(sample[i + j])];
  }
  std::uint32_t sum = 0;
  for (std::size_t value = 0; value < 256; ++value) {
    const std::uint32_t count =
        counts[0][value] + counts[1][value] + counts[2][value] + counts[3][value];
    sum += count * count;
  }
  return sum;
}

}  // namespace

bool looks_like_noise(ByteView bytes) {
  if (bytes.size() < kSampleBytes) return false;
  const std::size_t last = bytes.size() - kSampleBytes;
  for (std::size_t i = 0; i < kSamples; ++i) {
    const ByteView sample = bytes.subspan(last / (kSamples - 1) * i, kSampleBytes);
    if (sum_of_squares(sample) > kMaxSquares) return false;
  }
  return true;
}

}  // namespace backshelf
