// What a backup needs of SQLite's file formats: the start of a database, the headers and checksums
// of its write-ahead log ("-wal", sqlite.org/fileformat2.html) and of that log's index in shared
// memory ("-shm", sqlite.org/walformat.html). Bytes in, values out; every byte is distrusted.
//
//   -wal  magic 4 | version 4 | page bytes 4 | checkpoints 4 | salts 8 | checksum 8      32 bytes
//         then per frame: page 4 | database's pages after a commit, else 0, 4 | salts 8 |
//         checksum 8 | the page
//   -shm  header 48 | the same again 48 | backfilled 4 | five readers' marks 20 | locks …
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "engine/base/bytes.h"

namespace backshelf {

constexpr std::size_t kDatabaseStartBytes = 20;

struct DatabaseStart {
  std::uint32_t page_bytes = 0;
  bool has_log = false;  // it is in WAL mode
};
[[nodiscard]] bool is_sqlite(ByteView start);
// nullopt: no database, or one whose page size cannot be.
[[nodiscard]] std::optional<DatabaseStart> find_database_start(ByteView start);

using LogSalts = std::array<std::byte, 8>;  // change whenever the log starts again

// Of all bytes so far, each part a multiple of eight bytes.
class LogChecksum {
 public:
  LogChecksum() = default;
  LogChecksum(std::uint32_t first, std::uint32_t second) : first_(first), second_(second) {}
  void add(ByteView bytes, bool big_endian);
  [[nodiscard]] bool operator==(const LogChecksum&) const = default;

 private:
  std::uint32_t first_ = 0, second_ = 0;
};

constexpr std::size_t kLogHeaderBytes = 32;
constexpr std::size_t kFrameHeaderBytes = 24;

struct LogHeader {
  std::uint32_t page_bytes = 0;
  bool big_endian = false;  // the words that the checksums add up
  LogSalts salts{};
  LogChecksum checksum;  // the first frame's goes on from it
};
// nullopt: not one, or its checksum is wrong. REQUIRES: kLogHeaderBytes.
[[nodiscard]] std::optional<LogHeader> find_log_header(ByteView bytes);

struct FrameHeader {
  std::uint32_t page = 0;            // from 1
  std::uint32_t database_pages = 0;  // after the commit that this frame ends; 0: it ends none
};
// One frame, its page included; moves `checksum` on. nullopt: it does not belong to this log.
// REQUIRES: kFrameHeaderBytes + header.page_bytes.
[[nodiscard]] std::optional<FrameHeader> check_frame(ByteView frame, const LogHeader& header,
                                                     LogChecksum& checksum);

constexpr std::size_t kLogIndexBytes = 136;
constexpr std::size_t kLogIndexCopyBytes = 48;  // it begins with its header, twice
constexpr std::size_t kReaders = 5;

struct LogIndexHeader {
  std::uint32_t page_bytes = 0;
  std::uint32_t frames = 0;          // up to the last commit
  std::uint32_t database_pages = 0;  // after it; 0 in a log without a frame
  LogSalts salts{};
  std::uint32_t backfilled = 0;  // frames that a checkpoint copied to the database
  std::array<std::uint32_t, kReaders> marks{};
};
// nullopt: being written, or not valid. REQUIRES: kLogIndexBytes.
[[nodiscard]] std::optional<LogIndexHeader> find_log_index(ByteView bytes);

}  // namespace backshelf
