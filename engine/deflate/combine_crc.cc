#include "engine/deflate/combine_crc.h"

#include <libdeflate.h>
#include <zlib.h>

namespace backshelf {

std::uint32_t crc32_of(ByteView bytes) {
  return libdeflate_crc32(0, bytes.data(), bytes.size());
}

std::uint32_t combine_crc(std::uint32_t first, std::uint32_t second, std::uint64_t second_bytes) {
  return static_cast<std::uint32_t>(
      crc32_combine(first, second, static_cast<z_off_t>(second_bytes)));
}

}  // namespace backshelf
