#include "engine/archive/index_bytes.h"

namespace backshelf {

void put_fixed(ByteVec& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) out.push_back(static_cast<std::byte>(value >> (8 * i)));
}

void put_varint(ByteVec& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::byte>(value | 0x80));
  out.push_back(static_cast<std::byte>(value));
}

void put_bytes(ByteVec& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void put_text(ByteVec& out, std::string_view text) {
  put_varint(out, text.size());
  put_bytes(out, as_bytes(text));
}

std::uint64_t IndexReader::long_varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && at_ != end_; shift += 7) {
    const auto byte = std::to_integer<std::uint64_t>(*at_++);
    if (shift == 63 && byte > 1) break;  // more than 64 bits
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  fail();
  return 0;
}

ByteVec print_columns(std::vector<ByteVec>& columns) {
  ByteVec section;
  std::size_t total = 0;
  for (const ByteVec& column : columns) total += column.size();
  put_varint(section, columns.size());
  for (const ByteVec& column : columns) put_varint(section, column.size());
  section.reserve(section.size() + total);
  for (ByteVec& column : columns) {
    put_bytes(section, column);
    column = ByteVec();
  }
  return section;
}

std::optional<std::vector<ByteView>> parse_columns(ByteView section, std::size_t count) {
  IndexReader reader(section);
  const std::uint64_t present = reader.varint();
  if (!reader.good() || present < count || present > reader.left()) return std::nullopt;
  std::vector<std::uint64_t> sizes(count);
  std::uint64_t total = 0;
  for (std::uint64_t i = 0; i < present; ++i) {
    const std::uint64_t size = reader.varint();
    if (size > section.size() - total) return std::nullopt;
    total += size;
    if (i < count) sizes[static_cast<std::size_t>(i)] = size;
  }
  if (!reader.good() || total != reader.left()) return std::nullopt;
  std::vector<ByteView> columns;
  for (const std::uint64_t size : sizes) columns.push_back(reader.view(size));
  return columns;
}

}  // namespace backshelf
