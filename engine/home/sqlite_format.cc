#include "engine/home/sqlite_format.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace backshelf {
namespace {

constexpr std::uint32_t kFormatVersion = 3'007'000;  // of the log and of its index

std::uint32_t load_be32(ByteView bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (const std::byte byte : bytes.subspan(at, 4)) {
    value = value << 8 | std::to_integer<std::uint32_t>(byte);
  }
  return value;
}

std::uint32_t load_native32(ByteView bytes, std::size_t at) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.subspan(at, 4).data(), 4);
  return value;
}

LogSalts salts_at(ByteView bytes, std::size_t at) {
  LogSalts salts{};
  const ByteView found = bytes.subspan(at, salts.size());
  std::copy(found.begin(), found.end(), salts.begin());
  return salts;
}

bool is_page_size(std::uint32_t bytes) {
  return bytes >= 512 && bytes <= 65536 && std::has_single_bit(bytes);
}

}  // namespace

bool is_sqlite(ByteView start) {
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  return start.size() >= kMagic.size() && as_text(start.first(kMagic.size())) == kMagic;
}

std::optional<DatabaseStart> find_database_start(ByteView start) {
  if (start.size() < kDatabaseStartBytes || !is_sqlite(start)) return std::nullopt;
  const std::uint32_t told = load_be32(start, 16) >> 16;
  const std::uint32_t page_bytes = told == 1 ? 65536 : told;
  if (!is_page_size(page_bytes)) return std::nullopt;
  return DatabaseStart{page_bytes, start[19] == std::byte{2}};
}

void LogChecksum::add(ByteView bytes, bool big_endian) {
  const bool swap = big_endian != (std::endian::native == std::endian::big);
  const auto word = [&](std::size_t at) {
    const std::uint32_t value = load_native32(bytes, at);
    return swap ? __builtin_bswap32(value) : value;
  };
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    first_ += word(at) + second_;
    second_ += word(at + 4) + first_;
  }
}

std::optional<LogHeader> find_log_header(ByteView bytes) {
  constexpr std::uint32_t kMagic = 0x377f0682;  // the last bit: big-endian checksums
  const std::uint32_t magic = load_be32(bytes, 0);
  if ((magic & ~1U) != kMagic || load_be32(bytes, 4) != kFormatVersion) return std::nullopt;
  LogHeader header;
  header.big_endian = (magic & 1U) != 0;
  header.page_bytes = load_be32(bytes, 8);
  header.salts = salts_at(bytes, 16);
  header.checksum.add(bytes.first(24), header.big_endian);
  const LogChecksum told(load_be32(bytes, 24), load_be32(bytes, 28));
  if (!is_page_size(header.page_bytes) || header.checksum != told) return std::nullopt;
  return header;
}

std::optional<FrameHeader> check_frame(ByteView frame, const LogHeader& header,
                                       LogChecksum& checksum) {
  const FrameHeader found{load_be32(frame, 0), load_be32(frame, 4)};
  if (found.page == 0 || salts_at(frame, 8) != header.salts) return std::nullopt;
  checksum.add(frame.first(8), header.big_endian);
  checksum.add(frame.subspan(kFrameHeaderBytes, header.page_bytes), header.big_endian);
  const LogChecksum told(load_be32(frame, 16), load_be32(frame, 20));
  if (checksum != told) return std::nullopt;
  return found;
}

std::optional<LogIndexHeader> find_log_index(ByteView bytes) {
  constexpr std::size_t kSummed = kLogIndexCopyBytes - 8;
  const ByteView first = bytes.first(kLogIndexCopyBytes);
  const ByteView second = bytes.subspan(kLogIndexCopyBytes, kLogIndexCopyBytes);
  if (!std::equal(first.begin(), first.end(), second.begin())) return std::nullopt;
  const bool is_ready = first[12] != std::byte{0};
  LogChecksum sum;
  sum.add(first.first(kSummed), std::endian::native == std::endian::big);
  const LogChecksum told(load_native32(first, kSummed), load_native32(first, kSummed + 4));
  if (!is_ready || load_native32(first, 0) != kFormatVersion || sum != told) return std::nullopt;
  LogIndexHeader header;
  std::uint16_t page_size = 0;
  std::memcpy(&page_size, first.subspan(14, 2).data(), 2);
  header.page_bytes = page_size == 1 ? 65536 : page_size;
  header.frames = load_native32(first, 16);
  header.database_pages = load_native32(first, 20);
  header.salts = salts_at(first, 32);
  header.backfilled = load_native32(bytes, 96);
  for (std::size_t i = 0; i < kReaders; ++i) header.marks[i] = load_native32(bytes, 100 + 4 * i);
  return header;
}

}  // namespace backshelf
