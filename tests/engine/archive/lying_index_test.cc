// Indexes that hold every check of their own and lie about the tar: an archive that is not
// encrypted can be given one by anybody.
#include <gtest/gtest.h>

#include "engine/archive/tail_index.h"
#include "tests/engine/archive/indexed_fixture.h"

namespace backshelf {
namespace {

struct Listed {
  Entry entry;
  BodyLocation body;
};

class LyingIndex : public IndexedArchive {
 protected:
  using Forge = std::function<void(std::vector<Listed>& files, TailIndex& index)>;

  LyingIndex() {
    home_.file("config", "data/twin-a", std::string(3000, 'A'));
    home_.file("config", "data/twin-b", std::string(3000, 'B'));
    sound_ = archive(nullptr, Level::kBalanced);
  }

  // The same archive with another index in homeassistant.tar.gz.
  [[nodiscard]] ByteVec forged(const Forge& forge) const {
    MemorySink out;
    for (const OuterMember& member : read_outer_table(MemorySource(sound_)).members) {
      const auto data = ByteView(sound_).subspan(member.data_offset, member.size);
      ByteVec bytes(data.begin(), data.end());
      if (member.name == "homeassistant.tar.gz") bytes = with_forged_index(bytes, forge);
      out.write(make_plain_header({concat("./", member.name), bytes.size(), kDate, 0}));
      out.write(bytes);
      out.write(ByteVec((kTarBlock - out.bytes().size() % kTarBlock) % kTarBlock));
    }
    out.write(ByteVec(2 * kTarBlock));
    return out.take();
  }
  static ByteVec with_forged_index(const ByteVec& inner, const Forge& forge) {
    TailIndex index = *read_tail_index(MemorySource(inner));
    std::vector<Listed> files;
    EXPECT_TRUE(
        read_files(index.files, index.sparse, [&](const Entry& entry, const BodyLocation& body) {
          files.push_back({entry, body});
        }));
    forge(files, index);
    FileColumns columns;
    for (const Listed& file : files) columns.add(file.entry, file.body);
    ByteVec bytes(inner.begin(),
                  inner.begin() + static_cast<std::ptrdiff_t>(index.facts.main_bytes));
    const ByteVec tail =
        print_tail_index(index.facts, index.segments, columns.take(), std::nullopt);
    bytes.insert(bytes.end(), tail.begin(), tail.end());
    return bytes;
  }
  static Listed& named(std::vector<Listed>& files, const std::string& path) {
    return *std::find_if(files.begin(), files.end(),
                         [&](const Listed& file) { return file.entry.path == path; });
  }
  // Every file that can be read has its own bytes; those of the twins can be had.
  void expect_no_lie(const Forge& forge) {
    OneKey keys(key_of(3));
    BlockCache cache(16 * kMiB), other(16 * kMiB);
    bool whole = false;
    const FileContents truth = read_all(*open(sound_, keys, cache), whole);
    ASSERT_TRUE(whole);
    const auto lying = open(forged(forge), keys, other);
    for (const auto& [path, bytes] : read_all(*lying, whole)) {
      const auto right = truth.find(path);
      ASSERT_TRUE(right != truth.end()) << path;
      EXPECT_TRUE(right->second == bytes) << path;
    }
  }

  ByteVec sound_;
};

TEST_F(LyingIndex, OffsetsOfAnotherFileAreFoundOut) {
  expect_no_lie([](std::vector<Listed>& files, TailIndex&) {
    std::swap(named(files, "data/twin-a").body, named(files, "data/twin-b").body);
  });
}

TEST_F(LyingIndex, NamesOfAnotherFileAreFoundOut) {
  expect_no_lie([](std::vector<Listed>& files, TailIndex&) {
    std::swap(named(files, "data/twin-a").entry.path, named(files, "data/twin-b").entry.path);
  });
}

TEST_F(LyingIndex, ABodyThatIsSaidToBeAHoleIsFoundOut) {
  expect_no_lie([](std::vector<Listed>& files, TailIndex&) {
    named(files, "data/twin-a").body.stored_size = 0;
  });
}

TEST_F(LyingIndex, ExtentsThatLeadElsewhereAreFoundOut) {
  expect_no_lie([](std::vector<Listed>& files, TailIndex&) {
    const std::uint64_t other = named(files, "data/twin-b").body.data_offset;
    named(files, "data/twin-a").body.extents = {{0, other, 3000}};
  });
}

TEST_F(LyingIndex, AFileThatIsSaidToBeEmptyIsNotReadAsEmpty) {
  expect_no_lie([](std::vector<Listed>& files, TailIndex&) {
    Listed& file = named(files, "data/twin-a");
    file.entry.size = file.body.stored_size = 0;
  });
}

TEST_F(LyingIndex, ASegmentUnderAnotherHashIsNotTakenOver) {
  SegmentHash stolen{};
  Segment of{};
  const ByteVec bytes = forged([&](std::vector<Listed>&, TailIndex& index) {
    of = index.segments.front();
    stolen.fill(std::byte{7});
    index.segments.front().hash = stolen;
  });
  OneKey keys(key_of(3));
  BlockCache cache(16 * kMiB);
  const auto lying = open(bytes, keys, cache);
  lying->check();
  const auto segments = lying->segments_for(Level::kBalanced);
  ASSERT_TRUE(segments);
  Segment wanted = of;
  wanted.hash = stolen;
  ByteVec packed;
  EXPECT_FALSE(segments->find(wanted, packed));
  const auto honest = open(sound_, keys, cache);
  honest->check();
  const auto sound_segments = honest->segments_for(Level::kBalanced);
  ASSERT_TRUE(sound_segments);
  EXPECT_TRUE(sound_segments->find(of, packed));
  EXPECT_EQ(packed.size(), of.packed_bytes);
}

}  // namespace
}  // namespace backshelf
