// room: zstd
// Whatever the bytes are: what a pass hands out and what reads by position hand out are the same.
#include <algorithm>
#include <cstdlib>
#include <optional>

#include "engine/base/error.h"
#include "engine/stream/adapters.h"
#include "engine/zstd/zstd_pass.h"
#include "tests/fuzz/read_pass.h"

namespace {

using namespace backshelf;

void check(const std::shared_ptr<const RandomSource>& packed, std::size_t step) {
  ZstdPass pass(packed);
  ByteVec buffer(step);
  const std::optional<ByteVec> read = read_pass(pass, buffer);
  if (!read) return;
  const ByteVec& plain = *read;
  const auto finished = pass.finish();
  if (finished.result.plain_bytes != plain.size()) std::abort();
  const auto proved = static_cast<std::size_t>(finished.result.checked_bytes);
  if (proved > plain.size()) std::abort();
  BlockCache cache(kMiB);
  const auto source = make_zstd_source(packed, finished.index, cache);
  // Behind what is proved a damaged frame may be decoded in other steps, or refused.
  for (std::size_t end = proved; end > 0; end -= std::min(end, 3 * step)) {
    const std::size_t count = std::min(end, step);
    buffer.resize(count);
    try {
      if (source->read_at(end - count, buffer) != count) std::abort();
    } catch (const Error& error) {  // isolation: the block goes on behind what is proved
      if (error.kind() == ErrorKind::kDamaged && proved < plain.size()) continue;
      std::abort();
    }
    demand_equal(buffer, plain, end - count);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes = std::as_bytes(std::span(data, size)).subspan(1);
  check(std::make_shared<MemorySource>(ByteVec(bytes.begin(), bytes.end())),
        1 + static_cast<std::size_t>(data[0]) * 7);
  return 0;
}
