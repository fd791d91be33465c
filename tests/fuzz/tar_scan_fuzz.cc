// room: tar stream base
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "engine/base/error.h"
#include "engine/stream/adapters.h"
#include "engine/tar/tar_scan.h"

namespace {

// Gives every block that calls itself a header a fitting checksum: no fuzzer finds one by itself.
void mend_checksums(backshelf::ByteVec& tar) {
  for (std::size_t at = 0; at + 512 <= tar.size(); at += 512) {
    const auto block = std::span(tar).subspan(at, 512);
    if (!backshelf::as_text(block.subspan(257, 5)).starts_with("ustar")) continue;
    unsigned sum = 8 * ' ';
    for (std::size_t i = 0; i < 512; ++i) {
      if (i < 148 || i >= 156) sum += std::to_integer<unsigned>(block[i]);
    }
    for (std::size_t i = 154; i-- > 148; sum /= 8) block[i] = std::byte('0' + sum % 8);
    block[154] = block[155] = std::byte{' '};
  }
}

}  // namespace

// In order and at random the same is found, and every piece that is called present is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backshelf;
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  ByteVec mended(bytes, bytes + size);
  if (size % 8 != 1) mend_checksums(mended);
  const MemorySource tar(std::move(mended));
  const TarScanLimits limits{.entries = 1000, .name_bytes = 1000, .pax_bytes = 10'000};
  std::uint64_t sum = 0;
  const auto visit = [&](const Entry& entry, const BodyLocation& body) {
    if (body.header_offset >= body.data_offset) std::abort();
    if (body.data_offset + body.stored_size > size) std::abort();
    if (entry.path.size() > 1000 || entry.link_target.size() > 1000) std::abort();
    std::uint64_t logical = 0;
    for (const Extent& extent : body.extents) {
      if (extent.length == 0 || extent.logical_offset < logical) std::abort();
      logical = extent.logical_offset + extent.length;
      if (logical > entry.size || extent.stored_offset < body.data_offset) std::abort();
    }
    sum = sum * 31 + entry.size + body.data_offset + entry.path.size();
  };
  const TarScanResult random = scan_tar(tar, visit, limits);
  const std::uint64_t random_sum = std::exchange(sum, 0);
  Cursor cursor(tar);
  const TarScanResult ordered = scan_tar(cursor, visit, limits);
  if (sum != random_sum || random.end != ordered.end) std::abort();
  if (random.end_offset != ordered.end_offset || random.end_offset > size) std::abort();
  if (random.entries != ordered.entries || random.problem != ordered.problem) std::abort();
  return 0;
}
