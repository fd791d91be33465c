// room: deflate
// Whatever the bytes are: what a pass hands out and what reads by position hand out are the same.
#include <algorithm>
#include <cstdlib>
#include <optional>

#include "engine/base/error.h"
#include "engine/deflate/gunzip.h"
#include "engine/stream/adapters.h"
#include "tests/fuzz/read_pass.h"

namespace {

using namespace backshelf;

void check(const std::shared_ptr<const RandomSource>& packed, GzipTrailer trailer,
           std::size_t step) {
  GunzipPass pass(packed, trailer);
  ByteVec buffer(step);
  const std::optional<ByteVec> read = read_pass(pass, buffer);
  if (!read) return;
  const ByteVec& plain = *read;
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
    demand_equal(buffer, plain, end - count);
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
