// Views and buffers of raw bytes, and the few conversions every room needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace backshelf {

using ByteView = std::span<const std::byte>;  // read-only, not owned
using ByteSpan = std::span<std::byte>;        // writable, not owned
using ByteVec = std::vector<std::byte>;

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;

[[nodiscard]] inline ByteView as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
[[nodiscard]] inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Big- and little-endian integers at the start of `bytes`. REQUIRES: bytes.size() >= 8 (or 4).
[[nodiscard]] std::uint64_t load_be64(ByteView bytes);
void store_be64(ByteSpan bytes, std::uint64_t value);
[[nodiscard]] std::uint32_t load_le32(ByteView bytes);
void store_le32(ByteSpan bytes, std::uint32_t value);

[[nodiscard]] std::string to_hex(ByteView bytes);
// Empty result when `hex` has an odd length or a character that is no hex digit.
[[nodiscard]] ByteVec from_hex(std::string_view hex);

// Joins pieces of text; the stand-in for std::format, which this toolchain lacks.
template <typename... Pieces>
[[nodiscard]] std::string concat(const Pieces&... pieces) {
  std::string text;
  auto add = [&text](const auto& piece) {
    if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(piece)>>) {
      text += std::to_string(piece);
    } else {
      text += piece;
    }
  };
  (add(pieces), ...);
  return text;
}

}  // namespace backshelf
