// room: archive
// Whatever stands in a sidecar, decrypted: it is refused, or reading by it ends in bytes or an
// Error.
#include <algorithm>

#include "engine/archive/sidecar.h"
#include "engine/base/error.h"
#include "engine/stream/adapters.h"

namespace {

using namespace backshelf;

void read_some(const RandomSource& tar) {
  ByteVec buffer(4 * kKiB);
  const std::uint64_t size = tar.size();
  for (const std::uint64_t offset :
       {std::uint64_t{0}, size / 2, size - std::min<std::uint64_t>(size, 1)}) {
    try {
      (void)tar.read_at(offset, buffer);
    } catch (const Error&) {  // boundary: what the index promised is not there
    }
  }
}

}  // namespace

// The first two bytes: how many of the rest are the sidecar; behind them is the packed stream.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const ByteView bytes = std::as_bytes(std::span(data, size)).subspan(2);
  const std::size_t wanted = data[0] + std::size_t{256} * data[1];
  const std::size_t split = std::min(wanted, bytes.size());
  const MemorySource sidecar(
      ByteVec(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(split)));
  Cursor in(sidecar);
  const auto content = read_sidecar_content(in, split);
  if (!content) return 0;
  (void)read_files(content->names.files, content->names.sparse,
                   [](const Entry&, const BodyLocation&) {});
  if (!content->gunzip) return 0;
  const auto packed = std::make_shared<MemorySource>(
      ByteVec(bytes.begin() + static_cast<std::ptrdiff_t>(split), bytes.end()));
  BlockCache cache(kMiB);
  read_some(*make_gunzip_source(packed, content->gunzip->index, cache));
  return 0;
}
