#include "engine/deflate/segment_check.h"

#include <libdeflate.h>

#include <new>

#include "engine/base/c_handle.h"
#include "engine/crypto/hash.h"

namespace backshelf {

namespace {

bool inflate(ByteView packed, ByteSpan plain) {
  const CHandle<libdeflate_decompressor, libdeflate_free_decompressor> decompressor(
      libdeflate_alloc_decompressor());
  if (!decompressor) throw std::bad_alloc();
  ByteVec whole(packed.begin(), packed.end());
  whole.insert(whole.end(), {std::byte{3}, std::byte{0}});  // an empty final block ends the stream
  std::size_t consumed = 0, produced = 0;
  const libdeflate_result result =
      libdeflate_deflate_decompress_ex(decompressor.get(), whole.data(), whole.size(), plain.data(),
                                       plain.size(), &consumed, &produced);
  return result == LIBDEFLATE_SUCCESS && consumed == whole.size() && produced == plain.size();
}

}  // namespace

bool decodes_to(const Segment& segment, ByteView packed, const SegmentCodec* codec) {
  ByteVec plain(static_cast<std::size_t>(segment.plain_bytes));
  const bool decoded = codec == nullptr ? inflate(packed, plain) : codec->decode(packed, plain);
  return decoded && libdeflate_crc32(0, plain.data(), plain.size()) == segment.crc32 &&
         blake2b16(plain) == segment.hash;
}

}  // namespace backshelf
