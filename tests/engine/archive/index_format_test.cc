// FORMAT.md is what a second reader would be written from: its example is read here, and a reader
// that was written from it (tests/interop/read_index.py) reads what this program writes.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "engine/archive/index_sections.h"
#include "tests/engine/archive/index_forge.h"
#include "tests/engine/archive/odd_files.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

std::string source_path(const std::string& name) {
  return concat(BACKSHELF_TEST_DATA, "/../../", name);
}

// The lines between ```hex and ``` of FORMAT.md.
ByteVec example_of_format() {
  std::ifstream file(source_path("engine/archive/FORMAT.md"));
  std::string line, hex;
  bool inside = false;
  while (std::getline(file, line)) {
    if (line.starts_with("```")) {
      inside = line == "```hex";
    } else if (inside) {
      hex += line;
    }
  }
  return from_hex(hex);
}

struct Ran {
  int status = -1;
  std::string output;
};

Ran run(const std::string& command) {
  Ran ran;
  FILE* const pipe = ::popen(concat(command, " 2>&1").c_str(), "r");
  if (pipe == nullptr) return ran;
  char piece[4096];
  for (std::size_t got; (got = std::fread(piece, 1, sizeof piece, pipe)) > 0;) {
    ran.output.append(piece, got);
  }
  ran.status = ::pclose(pipe);
  return ran;
}

Ran read_by_python(const std::string& path, const std::string& options = "") {
  return run(concat("/usr/bin/python3 -B '", source_path("tests/interop/read_index.py"), "' ",
                    options, " '", path, "'"));
}

// As read_index.py prints it.
std::string json_of(const IndexedFile& file) {
  static constexpr const char* kTypes[] = {"file", "dir", "symlink", "hardlink",
                                           "fifo", "chr", "blk"};
  const Entry& e = file.entry;
  const BodyLocation& b = file.body;
  const auto text = [](const std::string& bytes) {
    return concat("\"", to_hex(as_bytes(bytes)), "\"");
  };
  std::string extents;
  for (const Extent& extent : b.extents) {
    extents += concat(extents.empty() ? "[" : ", [", extent.logical_offset, ", ",
                      extent.stored_offset, ", ", extent.length, "]");
  }
  const std::string stat = file.stat ? concat("[", file.stat->device, ", ", file.stat->inode, ", ",
                                              file.stat->ctime_ns, "]")
                                     : "null";
  return concat("{\"path\": ", text(e.path), ", \"type\": \"", kTypes[static_cast<int>(e.type)],
                "\", \"mode\": ", e.mode, ", \"uid\": ", e.uid, ", \"gid\": ", e.gid,
                ", \"user\": ", text(e.user_name), ", \"group\": ", text(e.group_name),
                ", \"mtime\": [", e.mtime.seconds, ", ", e.mtime.nanoseconds,
                "], \"size\": ", e.size, ", \"header\": ", b.header_offset,
                ", \"data\": ", b.data_offset, ", \"stored\": ", b.stored_size,
                ", \"complete\": ", b.complete ? "true" : "false",
                ", \"link\": ", text(e.link_target), ", \"device\": [", e.device_major, ", ",
                e.device_minor, "], \"extents\": [", extents, "], \"stat\": ", stat, "}");
}

void expect_files(const Ran& ran, const std::vector<IndexedFile>& files) {
  ASSERT_EQ(ran.status, 0) << ran.output;
  std::size_t at = 0;
  for (const IndexedFile& file : files) {
    const std::string wanted = json_of(file);
    at = ran.output.find(wanted, at);
    ASSERT_NE(at, std::string::npos) << wanted.substr(wanted.find("\", \"type"), 300);
    at += wanted.size();
  }
}

TEST(IndexFormat, example_says_what_format_md_says) {
  const ByteVec bytes = example_of_format();
  ASSERT_EQ(bytes.size(), 518U);
  const auto index = index_of(bytes);
  ASSERT_TRUE(index);
  EXPECT_EQ(index->facts.main_bytes, 230U);
  EXPECT_EQ(index->facts.tar_bytes, 10240U);
  EXPECT_EQ(index->facts.level, 2);
  EXPECT_EQ(index->facts.snapshot, (Timestamp{1'700'000'002, 0}));
  ASSERT_EQ(index->segments.size(), 1U);
  EXPECT_EQ(index->segments[0].packed_bytes, 210U);
  EXPECT_EQ(index->segments[0].crc32, 0xfa8f14d1U);
  const auto files = files_of(index->files, index->sparse);
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 3U);
  const IndexedFile& hello = (*files)[1];
  EXPECT_EQ(hello.entry.path, "d/hello");
  EXPECT_EQ(hello.entry.mtime, (Timestamp{1'700'000'001, 500'000'000}));
  EXPECT_EQ(hello.body.data_offset, 2048U);
  EXPECT_EQ((*files)[2].entry.link_target, "hello");
}

// Archives of today are read tomorrow: what is written does not change under one version.
TEST(IndexFormat, example_is_still_written_so) {
  const ByteVec bytes = example_of_format();
  const auto index = index_of(bytes);
  ASSERT_TRUE(index);
  const FileColumns::Sections sections =
      sections_of(files_of(index->files, index->sparse).value_or(std::vector<IndexedFile>()));
  const PrintedSections printed =
      print_sections(index->facts, index->segments, sections, index->macs);
  ByteVec plain;
  for (const ByteView piece : printed.pieces(sections)) put_bytes(plain, piece);
  EXPECT_EQ(to_hex(plain), to_hex(plain_index_of(bytes, index->facts.main_bytes)));
}

TEST(IndexFormat, is_read_by_a_reader_written_from_format_md) {
  const TempDirectory directory;
  const std::string path = directory.path("stream");
  for (const Level level : {Level::kNone, Level::kFast}) {
    const IndexedStream stream({.level = level});
    directory.write("stream", std::string(as_text(stream.bytes)));
    expect_files(read_by_python(path), stream.files);
    ByteVec changed = stream.bytes;
    changed[changed.size() - 200] ^= std::byte{1};
    directory.write("stream", std::string(as_text(changed)));
    EXPECT_NE(read_by_python(path).status, 0);
  }
}

TEST(IndexFormat, of_odd_entries_is_read_by_a_reader_written_from_format_md) {
  IndexedStream stream;
  stream.files = odd_files();
  stream.sections = sections_of(stream.files);
  const TempDirectory directory;
  directory.write("stream", std::string(as_text(stream.with_tail())));
  expect_files(read_by_python(directory.path("stream"), "--no-proof"), stream.files);
}

TEST(IndexFormat, bothers_no_other_reader) {
  const TempDirectory directory;
  directory.write("stream.gz", std::string(as_text(IndexedStream().bytes)));
  directory.write("stream.tar", std::string(as_text(IndexedStream({.level = Level::kNone}).bytes)));
  const std::string gz = directory.path("stream.gz"), tar = directory.path("stream.tar");
  for (const std::string& command : {concat("gzip -t '", gz, "'"), concat("tar -tzf '", gz, "'"),
                                     concat("tar -tf '", tar, "'")}) {
    const Ran ran = run(command);
    EXPECT_EQ(ran.status, 0) << command << '\n' << ran.output;
    const bool lists = command.starts_with("tar");
    EXPECT_EQ(ran.output, lists ? "data/\ndata/small\ndata/large\nlink\n" : "") << command;
  }
}

}  // namespace
}  // namespace backshelf
