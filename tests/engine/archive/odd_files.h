// Entries as foreign tars hold them, and as no one would write them.
#pragma once

#include <limits>

#include "engine/archive/file_columns.h"
#include "tests/engine/archive/index_fixture.h"

namespace backshelf {

inline constexpr auto kMaxSigned = std::numeric_limits<std::int64_t>::max();
inline constexpr auto kMinSigned = std::numeric_limits<std::int64_t>::min();

inline IndexedFile file_at(const std::string& path, std::uint64_t header, std::uint64_t size) {
  IndexedFile file;
  file.entry.path = path;
  file.entry.size = file.body.stored_size = size;
  file.body.header_offset = header;
  file.body.data_offset = header + 512;
  return file;
}

inline IndexedFile device_of(EntryType type, std::uint32_t major, std::uint32_t minor) {
  IndexedFile file = file_at("dev/x", 9000, 0);
  file.entry.type = type;
  file.entry.device_major = major;
  file.entry.device_minor = minor;
  return file;
}

inline IndexedFile link_of(EntryType type, const std::string& target) {
  IndexedFile file = file_at("link", 7000, 0);
  file.entry.type = type;
  file.entry.link_target = target;
  return file;
}

inline std::vector<IndexedFile> odd_files() {
  std::vector<IndexedFile> files;
  files.push_back(file_at("", 0, 0));
  files.push_back(file_at(std::string("a\0b\xff\n/../\xc3\x28", 10), 512, 511));
  files.push_back(file_at(std::string(kMaxIndexNameBytes, 'n'), 1536, 1));
  files.push_back(file_at("later offsets first", 1 << 30, 5));
  files.push_back(file_at("huge", 100, std::uint64_t{1} << 63));
  files.back().body.stored_size = 7;
  files.back().body.complete = false;
  IndexedFile owned = file_at("owned", 4096, 3);
  owned.entry.mode = 07777;
  owned.entry.uid = kMinSigned;
  owned.entry.gid = kMaxSigned;
  owned.entry.user_name = std::string("u\0\xff", 3);
  owned.entry.group_name = std::string(300, 'g');
  owned.entry.mtime = {kMinSigned, 999'999'999};
  owned.stat = FileStat{-1, std::numeric_limits<std::uint64_t>::max(), 0};
  files.push_back(owned);
  owned.entry.mtime = {kMaxSigned, 1};
  owned.entry.uid = -2;
  owned.stat = FileStat{kMinSigned, 0, std::numeric_limits<std::uint64_t>::max()};
  files.push_back(owned);
  files.push_back(link_of(EntryType::kSymlink, std::string("\xfe\0", 2)));
  files.push_back(link_of(EntryType::kHardlink, "owned"));
  files.push_back(link_of(EntryType::kSymlink, ""));
  files.push_back(device_of(EntryType::kCharDevice, 0xffffffff, 0));
  files.push_back(device_of(EntryType::kBlockDevice, 0, 0xffffffff));
  files.push_back(device_of(EntryType::kFifo, 0, 0));
  IndexedFile sparse = file_at("sparse", 8192, kMaxSigned);
  sparse.body.stored_size = 30;
  sparse.body.extents = {
      {0, sparse.body.data_offset, 10}, {10, sparse.body.data_offset + 10, 5}, {1 << 20, 3, 15}};
  files.push_back(sparse);
  sparse.entry.path = "sparse of holes alone";
  sparse.body.extents.clear();
  sparse.body.stored_size = 0;
  files.push_back(sparse);
  files.push_back(file_at("sparse/last", 1 << 20, 0));
  files.back().stat = FileStat{kMaxSigned, 5, 6};
  return files;
}

}  // namespace backshelf
