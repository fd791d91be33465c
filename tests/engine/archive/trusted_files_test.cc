// Files that are not read again because nothing about them changed.
#include <gtest/gtest.h>

#include "tests/engine/archive/indexed_fixture.h"

namespace backshelf {
namespace {

constexpr const char* kTrusted = "data/noise.bin";

class TrustedFiles : public IndexedArchive {
 protected:
  TrustedFiles() {
    FakeFile& file = large();
    file.entry.mtime = {kDate - 1000, 5};
    file.stat = FileStat{(kDate - 900) * 1'000'000'000, 77, 5};
    file.content += std::string(300'000, 'z');
    file.entry.size = file.content.size();
    plan_.trust_stat = true;
  }

  FakeFile& large() { return home_.at("config", kTrusted); }
  ByteVec backup() {
    large().read_bytes = 0;
    return archive(key_, level_);
  }
  // The next backup, upon `earlier`.
  ByteVec backup_upon(ByteVec earlier) {
    OneKey keys(key_ ? key_ : key_of(3));
    BlockCache cache(16 * kMiB);
    const auto opened = open(std::move(earlier), keys, cache);
    opened->check();
    const auto content = opened->segments_for(level_);
    plan_.earlier = content.get();
    ByteVec bytes = backup();
    plan_.earlier = nullptr;
    return bytes;
  }
  void expect_home(ByteVec bytes, const std::string& large_content) {
    OneKey keys(key_ ? key_ : key_of(3));
    BlockCache cache(16 * kMiB);
    const auto opened = open(std::move(bytes), keys, cache);
    opened->check();
    opened->verify({}, {});
    EXPECT_EQ(opened->state(), State::kOk) << opened->problem();
    const auto attr = opened->find(*RelPath::parse("config/noise.bin"), {});
    ASSERT_TRUE(attr);
    ByteVec content(large_content.size() + 1);
    content.resize(opened->read(attr->id, 0, content, {}));
    EXPECT_TRUE(as_text(content) == large_content);
  }
  // Written upon one another; true when the large file was read for the second one.
  bool is_read_again() {
    const ByteVec first = backup();
    EXPECT_EQ(large().read_bytes, large().content.size());
    expect_home(backup_upon(first), large().content);
    return large().read_bytes > 0;
  }

  Level level_ = Level::kBalanced;
  std::shared_ptr<const SealKey> key_ = key_of(3);  // null: not encrypted
};

TEST_F(TrustedFiles, AnUnchangedFileIsNotReadAgain) {
  EXPECT_FALSE(is_read_again());
}

TEST_F(TrustedFiles, NorIsOneInZstd) {
  level_ = Level::kZstd;
  EXPECT_FALSE(is_read_again());
}

TEST_F(TrustedFiles, AThirdBackupTrustsWhatTheSecondDidNotRead) {
  const ByteVec second = backup_upon(backup());
  EXPECT_EQ(large().read_bytes, 0U);
  expect_home(backup_upon(second), large().content);
  EXPECT_EQ(large().read_bytes, 0U);
}

TEST_F(TrustedFiles, EveryDifferenceIsReason) {
  const ByteVec first = backup();
  const auto changes = std::to_array<void (*)(FakeFile&)>({
      [](FakeFile& file) { file.stat->ctime_ns += 1; },
      [](FakeFile& file) { file.stat->inode += 1; },
      [](FakeFile& file) { file.stat->device += 1; },
      [](FakeFile& file) { file.entry.mtime.nanoseconds += 1; },
      [](FakeFile& file) { file.entry.size = file.content.size() - 1; },
      [](FakeFile& file) { file.stat.reset(); },
  });
  const FakeFile before = large();
  for (const auto& change : changes) {
    large() = before;
    change(large());
    large().content[1'500'000] ^= 1;
    const ByteVec second = backup_upon(first);
    EXPECT_GT(large().read_bytes, 0U);
    expect_home(second, large().content.substr(0, large().entry.size));
  }
}

TEST_F(TrustedFiles, AFileThatWasYoungIsReadAgain) {
  large().entry.mtime.seconds = kDate - 2;
  EXPECT_TRUE(is_read_again());
  large().entry.mtime.seconds = kDate - 1000;
  large().stat->ctime_ns = (kDate - 2) * 1'000'000'000;
  EXPECT_TRUE(is_read_again());
}

TEST_F(TrustedFiles, AnArchiveThatAnybodyMayHaveWrittenIsNotTrusted) {
  for (const auto& key : {std::shared_ptr<const SealKey>(), key_of(2)}) {
    key_ = key;
    EXPECT_TRUE(is_read_again());
  }
}

TEST_F(TrustedFiles, NothingIsTrustedUnasked) {
  plan_.trust_stat = false;
  EXPECT_TRUE(is_read_again());
}

TEST_F(TrustedFiles, AFileThatWasNotReadWholeIsReadAgain) {
  const std::string content = large().content;
  large().content.resize(100'000);
  const ByteVec first = backup();
  large().content = content;
  expect_home(backup_upon(first), content);
  EXPECT_EQ(large().read_bytes, content.size());
}

// The earlier archive is damaged in every tenth of it: what it cannot give is read from the file.
TEST_F(TrustedFiles, ADamagedEarlierArchiveCostsTimeOnly) {
  const ByteVec first = backup();
  for (std::size_t tenth = 1; tenth < 10; ++tenth) {
    ByteVec damaged = first;
    damaged[first.size() / 10 * tenth] ^= std::byte{1};
    expect_home(backup_upon(damaged), large().content);
  }
}

}  // namespace
}  // namespace backshelf
