// room: deflate
// Whatever the bytes are: what a pass hands out and what reads by position hand out are the same.
#include <algorithm>
#include <cstdlib>

#include "engine/base/error.h"
#include "engine/deflate/gunzip.h"
#include "engine/stream/adapters.h"

namespace {

using namespace backshelf;

constexpr std::size_t kMaxPlain = 8 * kMiB;  // a bomb only costs the fuzzer time

void check(const std::shared_ptr<const RandomSource>& packed, GzipTrailer trailer,
           std::size_t step) {
  GunzipPass pass(packed, trailer);
  ByteVec plain;
  ByteVec buffer(step);
  for (std::size_t got = pass.read(buffer); got > 0; got = pass.read(buffer)) {
    plain.insert(plain.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(got));
    if (plain.size() > kMaxPlain) return;
  }
  const auto finished = pass.finish();
  if (finished.result.plain_bytes != plain.size()) std::abort();
  if (finished.result.checked_bytes > plain.size()) std::abort();
  if (finished.result.packed_bytes > packed->size()) std::abort();
  BlockCache cache(kMiB);
  const auto source = make_gunzip_source(packed, finished.index, cache);
  for (std::size_t end = plain.size(); end > 0; end -= std::min(end, 3 * step)) {
    const std::size_t count = std::min(end, step);
    buffer.resize(count);
    if (source->read_at(end - count, buffer) != count) std::abort();
    if (!std::equal(buffer.begin(), buffer.end(),
                    plain.begin() + static_cast<std::ptrdiff_t>(end - count))) {
      std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes = std::as_bytes(std::span(data, size)).subspan(1);
  const auto packed = std::make_shared<MemorySource>(ByteVec(bytes.begin(), bytes.end()));
  const GzipTrailer trailer = (data[0] & 1) != 0 ? GzipTrailer::kPaddedV1 : GzipTrailer::kNormal;
  check(packed, trailer, 1 + static_cast<std::size_t>(data[0]) * 7);
  return 0;
}
