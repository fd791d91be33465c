#include "engine/tar/tar_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "tests/engine/tar/scans.h"

namespace backshelf {
namespace {

using testing::ElementsAre;

// Keeps the bytes, and the marks as "entry PATH@OFFSET", "body SIZE@OFFSET", "end@OFFSET".
class RecordingSink final : public MarkedSink {
 public:
  explicit RecordingSink(std::uint64_t limit = ~std::uint64_t{0}, std::uint64_t keep = kMiB)
      : limit_(limit), keep_(keep) {}
  void write(ByteView bytes) override {
    if (size + bytes.size() > limit_)
      throw Error(ErrorKind::kNoSpace, "writing", "the disk is full");
    size += bytes.size();
    if (tar.size() < keep_) tar.insert(tar.end(), bytes.begin(), bytes.end());
  }
  void mark_entry(std::string_view path) override { mark(concat("entry ", path)); }
  void mark_body(std::uint64_t body_size) override { mark(concat("body ", body_size)); }
  void mark_body_end() override { mark("end"); }

  std::vector<std::string> marks;
  ByteVec tar;
  std::uint64_t size = 0;

 private:
  void mark(const std::string& what) { marks.push_back(concat(what, "@", size)); }
  std::uint64_t limit_, keep_;
};

Entry file(std::string path, std::uint64_t size = 0) {
  Entry entry;
  entry.path = std::move(path);
  entry.mode = 0644;
  entry.size = size;
  entry.mtime = {1'700'000'000, 123'456'789};
  return entry;
}

Entry special(std::string path, EntryType type, std::string target = {}) {
  Entry entry = file(std::move(path));
  entry.type = type;
  entry.link_target = std::move(target);
  return entry;
}

ByteVec content(std::size_t size) {
  return ByteVec(size, std::byte{'x'});
}

// Faults first.

TEST(TarWriter, AShrunkenFileIsPaddedAndAGrownOneCut) {
  for (const std::size_t real : {0U, 1U, 511U, 512U, 999U, 1000U, 1001U, 300'000U}) {
    RecordingSink sink;
    TarWriter writer(sink);
    DripSource body(content(real), 300);
    const auto stored = writer.add(file("f", 1000), &body);
    EXPECT_EQ(stored.body, real < 1000   ? TarWriter::Body::kPadded
                           : real > 1000 ? TarWriter::Body::kCut
                                         : TarWriter::Body::kWhole);
    (void)writer.add(file("next"), nullptr);
    (void)writer.finish();
    const Scan scan = both(sink.tar);
    EXPECT_THAT(scan.paths, ElementsAre("f", "next"));
    EXPECT_EQ(scan.result.end, End::kSound);
    const auto begin = sink.tar.begin() + static_cast<std::ptrdiff_t>(scan.bodies[0].data_offset);
    EXPECT_EQ(std::count(begin, begin + 1000, std::byte{'x'}), std::min<std::size_t>(real, 1000));
  }
}

TEST(TarWriter, AFileThatCannotBeReadIsPaddedAndTheTarGoesOn) {
  for (const std::size_t real : {0U, 700U, 1000U}) {
    RecordingSink sink;
    TarWriter writer(sink);
    DripSource body(content(real), 300, Error(ErrorKind::kIo, "reading", "bad sector"));
    EXPECT_EQ(writer.add(file("f", 1000), &body).body, TarWriter::Body::kPadded);
    (void)writer.add(file("next"), nullptr);
    (void)writer.finish();
    EXPECT_THAT(both(sink.tar).paths, ElementsAre("f", "next"));
  }
}

TEST(TarWriter, AnInterruptionIsNotPaddedOver) {
  RecordingSink sink;
  TarWriter writer(sink);
  DripSource body({}, 1, Error(ErrorKind::kInterrupted, "backup", "stopped"));
  EXPECT_THROW((void)writer.add(file("f", 1000), &body), Error);
}

TEST(TarWriter, AnErrorOfTheSinkPassesAndNothingMoreIsWritten) {
  for (const std::uint64_t limit : {0U, 1500U, 2000U, 2600U}) {
    RecordingSink sink(limit);
    TarWriter writer(sink);
    DripSource body(content(1000), 100);
    try {
      (void)writer.add(file("f", 1000), &body);
      (void)writer.add(file("g", 0), nullptr);
      FAIL() << limit;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kNoSpace);
    }
    EXPECT_THROW((void)writer.add(file("h"), nullptr), Error);
    EXPECT_THROW((void)writer.finish(), Error);
  }
}

TEST(TarWriter, ADestructorFinishesNothing) {
  RecordingSink sink;
  std::uint64_t size = 0;
  {
    TarWriter writer(sink);
    (void)writer.add(file("f"), nullptr);
    size = sink.size;
  }
  EXPECT_EQ(sink.size, size);
}

TEST(TarWriter, WhatNoHeaderCanHoldIsRefusedAndTheTarGoesOn) {
  RecordingSink sink;
  TarWriter writer(sink);
  EXPECT_THROW((void)writer.add(file(""), nullptr), Error);
  EXPECT_THROW((void)writer.add(file(std::string("a\0b", 3)), nullptr), Error);
  EXPECT_THROW((void)writer.add(special("l", EntryType::kSymlink), nullptr), Error);
  (void)writer.add(file("f"), nullptr);
  (void)writer.finish();
  EXPECT_THROW((void)writer.finish(), Error);
  EXPECT_THAT(both(sink.tar).paths, ElementsAre("f"));
}

// Marks and ends.

TEST(TarWriter, MarksStandWhereEntriesAndBodiesBegin) {
  RecordingSink sink;
  TarWriter writer(sink);
  DripSource body(content(700), 1000);
  (void)writer.add(special("d", EntryType::kDirectory), nullptr);
  const auto stored = writer.add(file("d/f", 700), &body);
  (void)writer.add(file("d/empty"), nullptr);
  const std::uint64_t size = writer.finish();
  const std::uint64_t at = stored.location.header_offset, data = stored.location.data_offset;
  EXPECT_THAT(sink.marks,
              ElementsAre("entry d@0", concat("entry d/f@", at), concat("body 700@", data),
                          concat("end@", data + 700), concat("entry d/empty@", data + 1024)));
  EXPECT_EQ(size, 10240U);
  EXPECT_EQ(sink.size, 10240U);
}

TEST(TarWriter, AnEmptyTarIsOneRecordOfZeros) {
  RecordingSink sink;
  EXPECT_EQ(TarWriter(sink).finish(), 10240U);
  EXPECT_EQ(sink.tar, ByteVec(10240));
}

// Round trip of everything odd.

std::vector<Entry> odd_entries() {
  const std::string long_name = std::string(120, 'd') + "/" + std::string(250, 'n');
  std::vector<Entry> entries = {
      special(".", EntryType::kDirectory),
      file("plain", 5),
      file("./dotted/name", 600),
      file(long_name, 3),
      file(std::string(5000, 'p'), 0),
      file("sp ace\nline\ttab\\", 1),
      file("umlaut-\xC3\xBC-\xF0\x9F\x98\x80", 2),
      file("decomposed-u\xCC\x88", 2),
      file("not-utf8-\xFF\xFE\xC3", 2),
      file("surrogate-\xED\xA0\x80", 2),
      special("symlink", EntryType::kSymlink, "/config/" + std::string(3000, 't')),
      special("symlink-bytes", EntryType::kSymlink, "to-\xFF\xC3\xBC"),
      special("hardlink", EntryType::kHardlink, long_name),
      special("hardlink-bytes-\xFF", EntryType::kHardlink, "not-utf8-\xFF\xFE\xC3"),
      special("fifo", EntryType::kFifo),
      special("tty", EntryType::kCharDevice),
      special("disk", EntryType::kBlockDevice),
      file("huge-ids", 1),
      file("old", 1),
      file("older", 1),
      file("future", 1),
      file("setuid", 1),
  };
  const auto named = [&](std::string_view path) -> Entry& {
    return *std::ranges::find_if(entries, [&](const Entry& e) { return e.path == path; });
  };
  named("tty").device_major = 4;
  named("tty").device_minor = 300'000;
  named("disk").device_major = 8;
  named("huge-ids").uid = 3'000'000'000;
  named("huge-ids").gid = 70'000'000'000;
  named("huge-ids").user_name = "h\xC3\xA4";
  named("huge-ids").group_name = std::string(60, 'g');
  named("old").mtime = {-3, 250'000'000};
  named("older").mtime = {-86'400, 0};
  named("future").mtime = {100'000'000'000, 1};
  named("setuid").mode = 06755;
  return entries;
}

TEST(TarWriter, EverythingOddIsReadBackAsItWas) {
  const std::vector<Entry> entries = odd_entries();
  RecordingSink sink;
  TarWriter writer(sink);
  std::vector<BodyLocation> stored;
  for (const Entry& entry : entries) {
    DripSource body(content(entry.size), 1000);
    const bool is_file = entry.type == EntryType::kFile;
    stored.push_back(writer.add(entry, is_file ? &body : nullptr).location);
  }
  (void)writer.finish();
  if (const char* path = std::getenv("BACKSHELF_TEST_KEEP")) {
    std::ofstream(path, std::ios::binary) << as_text(sink.tar);
  }
  const Scan scan = both(sink.tar);
  EXPECT_EQ(scan.result.end, End::kSound) << scan.result.problem;
  ASSERT_EQ(scan.entries.size(), entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& wrote = entries[i];
    const Entry& read = scan.entries[i];
    EXPECT_EQ(read.type, wrote.type) << wrote.path;
    const bool is_folder = wrote.type == EntryType::kDirectory;
    EXPECT_EQ(read.path, is_folder ? wrote.path + "/" : wrote.path);
    EXPECT_EQ(read.link_target, wrote.link_target);
    EXPECT_EQ(read.mode, wrote.mode) << wrote.path;
    EXPECT_EQ(read.uid, wrote.uid);
    EXPECT_EQ(read.gid, wrote.gid);
    EXPECT_EQ(read.user_name, wrote.user_name);
    EXPECT_EQ(read.group_name, wrote.group_name);
    EXPECT_EQ(read.mtime, wrote.mtime) << wrote.path;
    EXPECT_EQ(read.size, wrote.size);
    EXPECT_EQ(read.device_major, wrote.device_major);
    EXPECT_EQ(read.device_minor, wrote.device_minor);
    EXPECT_EQ(scan.bodies[i].header_offset, stored[i].header_offset);
    EXPECT_EQ(scan.bodies[i].data_offset, stored[i].data_offset);
    EXPECT_EQ(scan.bodies[i].stored_size, stored[i].stored_size);
  }
}

TEST(TarWriter, AFractionOfTheSecondBefore1970IsDropped) {
  RecordingSink sink;
  TarWriter writer(sink);
  Entry entry = file("f");
  entry.mtime = {-1, 250'000'000};
  (void)writer.add(entry, nullptr);
  EXPECT_EQ(both(sink.tar).entries.at(0).mtime, (Timestamp{-1, 0}));
}

TEST(TarWriter, FilesOf8GiBAndMoreCarryTheirSizeInARecord) {
  const bool is_long = std::getenv("BACKSHELF_TEST_LONG") != nullptr;
  const std::uint64_t size = 8 * kGiB + 1;
  RecordingSink sink(is_long ? ~std::uint64_t{0} : 10'000);  // the header is enough of a test
  TarWriter writer(sink);
  try {
    (void)writer.add(file("huge", size), nullptr);
    EXPECT_TRUE(is_long);
  } catch (const Error&) {
    EXPECT_FALSE(is_long);
  }
  const Scan scan = both(sink.tar);
  ASSERT_EQ(scan.entries.size(), 1U);
  EXPECT_EQ(scan.entries[0].size, size);
}

TEST(TarWriter, TheCallersLocaleStaysAsItWas) {
  const locale_t before = ::uselocale(nullptr);
  RecordingSink sink;
  TarWriter writer(sink);
  (void)writer.add(file("\xC3\xBC"), nullptr);
  EXPECT_EQ(::uselocale(nullptr), before);
}

}  // namespace
}  // namespace backshelf
