#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <map>

#include "tests/engine/tar/scans.h"

namespace backshelf {
namespace {

// Tars of other programs against what Python's tarfile reads in them: tests/data/tar/README.md.

std::string escaped(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const auto byte = static_cast<std::byte>(c);
    line += c > ' ' && c < 127 ? std::string(1, c) : "\\" + to_hex(std::span(&byte, 1));
  }
  return line;
}

std::uint64_t fnv1a(const ByteVec& tar, const Entry& entry, const BodyLocation& body) {
  ByteVec content(entry.size);
  std::vector<Extent> extents = body.extents;
  if (extents.empty() && body.stored_size > 0) {
    extents.push_back({0, body.data_offset, body.stored_size});
  }
  for (const Extent& extent : extents) {
    std::copy_n(tar.begin() + static_cast<std::ptrdiff_t>(extent.stored_offset), extent.length,
                content.begin() + static_cast<std::ptrdiff_t>(extent.logical_offset));
  }
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::byte byte : content) {
    hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3;
  }
  return hash;
}

std::string line_of(const ByteVec& tar, const Entry& entry, const BodyLocation& body) {
  static const std::map<EntryType, std::string> kNames = {
      {EntryType::kFile, "file"},         {EntryType::kDirectory, "directory"},
      {EntryType::kSymlink, "symlink"},   {EntryType::kHardlink, "hardlink"},
      {EntryType::kFifo, "fifo"},         {EntryType::kCharDevice, "char"},
      {EntryType::kBlockDevice, "block"},
  };
  std::string path = entry.path;
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  std::array<char, 200> rest{};
  std::snprintf(rest.data(), rest.size(), "%lld.%09u %llu %u:%u %llu %llu %016llx",
                static_cast<long long>(entry.mtime.seconds), entry.mtime.nanoseconds,
                static_cast<unsigned long long>(entry.size), entry.device_major, entry.device_minor,
                static_cast<unsigned long long>(body.header_offset),
                static_cast<unsigned long long>(body.data_offset),
                static_cast<unsigned long long>(fnv1a(tar, entry, body)));
  std::array<char, 8> mode{};
  std::snprintf(mode.data(), mode.size(), "%o", entry.mode);
  return concat(kNames.at(entry.type), " ", escaped(path), " ->", escaped(entry.link_target), " ",
                mode.data(), " ", entry.uid, ":", entry.gid, " ", escaped(entry.user_name), ":",
                escaped(entry.group_name), " ", rest.data(), "\n");
}

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

class ForeignTar : public testing::TestWithParam<const char*> {};

TEST_P(ForeignTar, IsReadAsPythonReadsIt) {
  const std::string stem = concat(BACKSHELF_TEST_DATA, "/tar/", GetParam());
  const std::string text = file_text(stem + ".tar");
  const ByteVec tar(as_bytes(text).begin(), as_bytes(text).end());
  const Scan scan = both(tar);
  EXPECT_EQ(scan.result.end, End::kSound) << scan.result.problem;
  std::string lines;
  for (std::size_t i = 0; i < scan.entries.size(); ++i) {
    lines += line_of(tar, scan.entries[i], scan.bodies[i]);
  }
  EXPECT_EQ(lines, file_text(stem + ".list"));
}

INSTANTIATE_TEST_SUITE_P(Every, ForeignTar,
                         testing::Values("python", "gnu", "gnu_base256", "gnu_sparse", "ustar",
                                         "v7", "pax_gnutar", "pax_sparse_0.0", "pax_sparse_0.1",
                                         "pax_sparse_1.0", "bsd"));

}  // namespace
}  // namespace backshelf
