// The numbers of the index sections, little endian, and columns of bytes side by side. Layout:
// FORMAT.md. Part of engine/archive only.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/bytes.h"

namespace backshelf {

// Signed numbers so that small ones of either sign are short varints.
[[nodiscard]] constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
[[nodiscard]] constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

// Difference and sum of signed numbers that wrap around instead of overflowing.
[[nodiscard]] constexpr std::int64_t wrapped_difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
[[nodiscard]] constexpr std::int64_t wrapped_sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

void put_fixed(ByteVec& out, std::uint64_t value, unsigned bytes);  // REQUIRES: bytes <= 8
void put_varint(ByteVec& out, std::uint64_t value);                 // LEB128
void put_bytes(ByteVec& out, ByteView bytes);
void put_text(ByteVec& out, std::string_view text);  // its length as a varint, then its bytes

// Reads what the functions above wrote. Whatever is not there or not valid makes it fail for good:
// it then gives zeros and empty views. Borrows the bytes.
class IndexReader {
 public:
  IndexReader() = default;
  explicit IndexReader(ByteView bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

  [[nodiscard]] std::uint64_t varint() {
    if (at_ != end_ && (*at_ & std::byte{0x80}) == std::byte{0}) {
      return std::to_integer<std::uint64_t>(*at_++);
    }
    return long_varint();
  }
  [[nodiscard]] std::uint64_t fixed(unsigned bytes) {
    const ByteView field = view(bytes);
    std::uint64_t value = 0;
    for (std::size_t i = field.size(); i-- > 0;) {
      value = value << 8 | std::to_integer<std::uint64_t>(field[i]);
    }
    return value;
  }
  [[nodiscard]] ByteView view(std::uint64_t bytes) {
    if (bytes > left()) {
      fail();
      return {};
    }
    const ByteView found(at_, static_cast<std::size_t>(bytes));
    at_ += bytes;
    return found;
  }
  [[nodiscard]] std::string_view text() { return as_text(view(varint())); }
  void fail() {
    good_ = false;
    at_ = end_;
  }

 private:
  [[nodiscard]] std::uint64_t long_varint();

  const std::byte* at_ = nullptr;
  const std::byte* end_ = nullptr;
  bool good_ = true;
};

// Columns to one section and back. Printing empties the columns one by one, so that memory never
// holds them twice.
[[nodiscard]] ByteVec print_columns(std::vector<ByteVec>& columns);
// The first `count` columns, as views; more are of a later minor version and left out. Nullopt when
// there are fewer or the lengths do not add up.
[[nodiscard]] std::optional<std::vector<ByteView>> parse_columns(ByteView section,
                                                                 std::size_t count);

}  // namespace backshelf
