// Archives with an index, opened as the mount opens them: sound ones, and ones that lie.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "engine/archive/archive.h"
#include "engine/securetar/seal_sink.h"
#include "engine/tar/raw_header.h"
#include "tests/engine/archive/indexed_fixture.h"

namespace backshelf {
namespace {

struct Kind {
  int version;  // 0: plain
  Level level;
};

TEST_F(IndexedArchive, EachKindIsReadWithoutAPassAndVerifies) {
  for (const Kind kind : {Kind{3, Level::kFast}, Kind{3, Level::kBalanced}, Kind{3, Level::kNone},
                          Kind{2, Level::kSmall}, Kind{2, Level::kNone}, Kind{0, Level::kFast},
                          Kind{0, Level::kNone}}) {
    SCOPED_TRACE(concat(kind.version, " ", static_cast<int>(kind.level)));
    const auto key = kind.version == 0 ? nullptr : key_of(kind.version);
    OneKey keys(key ? key : key_of(3));
    BlockCache cache(16 * kMiB);
    const auto opened = open(archive(key, kind.level), keys, cache);
    const FileContents content = read_indexed(*opened);
    EXPECT_EQ(content.at("/ssl/privkey.pem"), "key\n");
    opened->verify({}, {});
    EXPECT_EQ(opened->state(), State::kOk) << opened->problem();
  }
}

// As Home Assistant does when it moves a backup to a place with another key: every member is
// decrypted and sealed anew, everything else is copied, the hint too.
ByteVec sealed_anew(const ByteVec& archive, const SealKey& before,
                    const std::shared_ptr<const SealKey>& after) {
  MemorySink out;
  const auto pad = [&] {
    out.write(ByteVec((kTarBlock - out.bytes().size() % kTarBlock) % kTarBlock));
  };
  const OuterTable table = read_outer_table(MemorySource(archive));
  for (const OuterMember& member : table.members) {
    const auto data = ByteView(archive).subspan(member.data_offset, member.size);
    if (!member.name.ends_with(".tar.gz")) {
      out.write(make_plain_header({concat("./", member.name), member.size, kDate, 0}));
      out.write(data);
      pad();
      continue;
    }
    const auto sealed = std::make_shared<MemorySource>(ByteVec(data.begin(), data.end()));
    const SealHeader header = sniff(data.first(kSniffBytes));
    BlockCache cache(4 * kMiB);
    const auto plain =
        unseal(sealed, header, std::make_shared<OpenedKey>(opened(before, header)), cache);
    MemorySink fresh;
    const auto seal_again = seal(fresh, after);
    seal_again->write(read_exactly(*plain, 0, plain->size(), "member"));
    const SealSink::Sealed done = seal_again->finish();
    ByteVec bytes = fresh.take();
    std::copy(done.header.begin(), done.header.end(), bytes.begin());
    out.write(make_member_header({member.name, bytes.size(), kDate, 0}));
    out.write(bytes);
    pad();
  }
  out.write(ByteVec(2 * kTarBlock));
  return out.take();
}

TEST_F(IndexedArchive, TheIndexHoldsAfterReEncryptionWithAnotherKey) {
  const auto before = key_of(3);
  auto other = std::make_shared<SealKey>();
  other->root_salt.fill(std::byte{9});
  other->validation_salt.fill(std::byte{8});
  other->secret = v3_root_key(as_bytes("WXYZ-1234"), other->root_salt);
  OneKey old_keys(before), keys(other);
  const ByteVec first = archive(before, Level::kBalanced);
  const ByteVec second = sealed_anew(first, *before, other);
  BlockCache cache(16 * kMiB);
  bool whole = false;
  const auto moved = open(second, keys, cache);
  const FileContents content = read_all(*moved, whole);
  EXPECT_TRUE(whole);
  EXPECT_TRUE(all_indexed(*moved));
  EXPECT_EQ(content, read_all(*open(first, old_keys, cache), whole));
  moved->verify({}, {});
  EXPECT_EQ(moved->state(), State::kOk) << moved->problem();
}

// Random damage anywhere: what is read is right, or it is an error.
class Mutations {
 public:
  explicit Mutations(unsigned seed) : random_(seed) {}
  ByteVec mutate(ByteVec bytes) {
    switch (below(6)) {
      case 0:
        bytes.resize(below(bytes.size()));
        break;
      case 1:  // a piece is lost
      {
        const std::size_t at = below(bytes.size());
        const std::size_t count = std::min(below(4096) + 1, bytes.size() - at);
        const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(at);
        bytes.erase(from, from + static_cast<std::ptrdiff_t>(count));
        break;
      }
      case 2:  // a page of zeros
      {
        const std::size_t at = below(bytes.size()) / 4096 * 4096;
        const std::size_t end = std::min(bytes.size(), at + 4096);
        std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                  bytes.begin() + static_cast<std::ptrdiff_t>(end), std::byte{0});
        break;
      }
      case 3:  // a piece stands at another place
      {
        const std::size_t count = std::min(bytes.size() / 3, below(65536) + 1);
        const std::size_t from = below(bytes.size() - count), to = below(bytes.size() - count);
        const ByteVec piece(bytes.begin() + static_cast<std::ptrdiff_t>(from),
                            bytes.begin() + static_cast<std::ptrdiff_t>(from + count));
        std::copy(piece.begin(), piece.end(), bytes.begin() + static_cast<std::ptrdiff_t>(to));
        break;
      }
      default:
        bytes[below(bytes.size())] ^= std::byte{1} << below(8);
    }
    return bytes;
  }
  std::size_t below(std::size_t bound) {
    return bound == 0 ? 0 : std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }

 private:
  std::mt19937 random_;
};

TEST_F(IndexedArchive, OfADamagedArchiveEveryReadIsRightOrAnError) {
  const char* const long_run = std::getenv("BACKSHELF_TEST_LONG");
  const int rounds = long_run != nullptr && *long_run == '1' ? 3334 : 60;
  Mutations mutations(20261124);
  int unharmed = 0;
  for (const int version : {3, 2, 0}) {
    const auto key = version == 0 ? nullptr : key_of(version);
    OneKey keys(key ? key : key_of(3));
    const ByteVec sound = archive(key, Level::kFast);
    BlockCache first(16 * kMiB);
    bool whole = false;
    const FileContents truth = read_all(*open(sound, keys, first), whole);
    ASSERT_TRUE(whole);
    for (int round = 0; round < rounds; ++round) {
      SCOPED_TRACE(concat(version, " ", round));
      BlockCache cache(16 * kMiB);
      const FileContents found = read_all(*open(mutations.mutate(sound), keys, cache), whole);
      unharmed += found == truth ? 1 : 0;
      for (const auto& [path, bytes] : found) {
        const auto right = truth.find(path);
        ASSERT_TRUE(right != truth.end()) << path;
        ASSERT_TRUE(right->second == bytes) << path;
      }
    }
  }
  EXPECT_LT(unharmed, 3 * rounds);  // the damage reached what is read
}

}  // namespace
}  // namespace backshelf
