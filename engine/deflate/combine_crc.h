// CRC-32 (RFC 1952) of bytes, and of two pieces put together.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"

namespace backshelf {

[[nodiscard]] std::uint32_t crc32_of(ByteView bytes);
// The CRC of a piece with CRC `first` and one of `second_bytes` bytes with CRC `second` behind it.
[[nodiscard]] std::uint32_t combine_crc(std::uint32_t first, std::uint32_t second,
                                        std::uint64_t second_bytes);

}  // namespace backshelf
