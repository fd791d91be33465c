#include "engine/deflate/gunzip.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/engine/deflate/gzip_samples.h"

namespace backshelf {
namespace {

using End = GunzipResult::End;
using namespace samples;

struct Passed {
  ByteVec plain;
  GunzipResult result;
  std::shared_ptr<const GunzipIndex> index;
};

Passed pass_over(std::shared_ptr<const RandomSource> packed,
                 GzipTrailer trailer = GzipTrailer::kNormal, std::size_t step = 100'003) {
  Passed passed;
  GunzipPass pass(std::move(packed), trailer);
  ByteVec buffer(step);
  for (std::size_t got = pass.read(buffer); got > 0; got = pass.read(buffer)) {
    append(passed.plain, ByteView(buffer).first(got));
  }
  auto finished = pass.finish();
  passed.result = finished.result;
  passed.index = finished.index;
  return passed;
}

Passed pass_over(const ByteVec& packed, GzipTrailer trailer = GzipTrailer::kNormal) {
  return pass_over(source_of(packed), trailer);
}

ByteVec padded_to_16(ByteVec bytes) {
  const std::size_t missing = (16 - bytes.size() % 16) % 16;
  bytes.insert(bytes.end(), missing, static_cast<std::byte>(missing));
  return bytes;
}

ByteVec part_of(const ByteVec& bytes, std::size_t from, std::size_t size) {
  return ByteVec(bytes.begin() + static_cast<std::ptrdiff_t>(from),
                 bytes.begin() + static_cast<std::ptrdiff_t>(from + size));
}

// A gzip stream as v1 SecureTar wrote it: deflate data, CRC and size each padded to 16.
ByteVec padded_v1(ByteView plain) {
  const ByteVec packed = gzip(plain, 9, "");
  ByteVec all = padded_to_16(part_of(packed, 0, packed.size() - 8));
  append(all, padded_to_16(part_of(packed, packed.size() - 8, 4)));
  append(all, padded_to_16(part_of(packed, packed.size() - 4, 4)));
  return all;
}

TEST(Gunzip, EmptyInputIsTruncated) {
  const Passed passed = pass_over(ByteVec());
  EXPECT_EQ(passed.result.end, End::kTruncated);
  EXPECT_EQ(passed.result.plain_bytes, 0U);
  EXPECT_FALSE(passed.result.problem.empty());
}

TEST(Gunzip, BytesThatAreNoGzipAreDamaged) {
  EXPECT_EQ(pass_over(text(5000)).result.end, End::kDamaged);
}

TEST(Gunzip, AWrongChecksumIsDamagedAndKeepsTheData) {
  const ByteVec plain = text(3 << 20);
  ByteVec packed = gzip(plain);
  packed[packed.size() - 7] ^= std::byte{1};
  const Passed passed = pass_over(packed);
  EXPECT_EQ(passed.plain, plain);
  EXPECT_EQ(passed.result.end, End::kDamaged);
  EXPECT_EQ(passed.result.checked_bytes, 0U);
  EXPECT_EQ(passed.result.plain_bytes, plain.size());
}

TEST(Gunzip, AWrongSizeIsDamaged) {
  ByteVec packed = gzip(text(1000));
  packed.back() ^= std::byte{1};
  EXPECT_EQ(pass_over(packed).result.end, End::kDamaged);
}

TEST(Gunzip, EveryTruncationOfASmallStreamYieldsAPrefix) {
  const ByteVec plain = text(3000);
  const ByteVec packed = gzip(plain, 6, "name.tar");
  for (std::size_t size = 0; size < packed.size(); ++size) {
    const Passed passed = pass_over(part_of(packed, 0, size));
    ASSERT_EQ(passed.result.end, End::kTruncated) << size;
    ASSERT_EQ(passed.result.plain_bytes, passed.plain.size());
    ASSERT_TRUE(std::equal(passed.plain.begin(), passed.plain.end(), plain.begin()));
  }
}

TEST(Gunzip, EveryFlippedByteOfASmallStreamIsNoticedOrHarmless) {
  const ByteVec plain = text(2000);
  const ByteVec packed = gzip(plain);
  for (std::size_t at = 10; at < packed.size(); ++at) {
    ByteVec changed = packed;
    changed[at] ^= std::byte{0x10};
    const Passed passed = pass_over(changed);
    EXPECT_TRUE(passed.result.end != End::kSound || passed.plain == plain) << at;
  }
}

TEST(Gunzip, SeveralMembersAreOneStream) {
  const ByteVec one = text(100'000), two = noise(300'000), three = text(70'000, 3);
  const ByteVec packed = joined({gzip(one), gzip({}), gzip(two, 1), gzip(three, 9, "x")});
  const Passed passed = pass_over(packed);
  EXPECT_EQ(passed.result.end, End::kSound);
  EXPECT_EQ(passed.plain, joined({one, two, three}));
  EXPECT_EQ(passed.result.checked_bytes, passed.plain.size());
  EXPECT_EQ(passed.result.packed_bytes, packed.size());
}

TEST(Gunzip, DamageInTheSecondMemberKeepsTheFirstChecked) {
  const ByteVec one = text(100'000), two = text(100'000, 2);
  ByteVec packed = joined({gzip(one), gzip(two)});
  packed.back() ^= std::byte{1};
  const Passed passed = pass_over(packed);
  EXPECT_EQ(passed.result.end, End::kDamaged);
  EXPECT_EQ(passed.result.checked_bytes, one.size());
}

TEST(Gunzip, BytesBehindTheLastMemberAreLeftAlone) {
  const ByteVec plain = text(10'000);
  const ByteVec packed = gzip(plain);
  for (const ByteVec& tail : {ByteVec(10'240), noise(1), noise(5000, 7), ByteVec(1)}) {
    const Passed passed = pass_over(joined({packed, tail}));
    EXPECT_EQ(passed.result.end, End::kSound);
    EXPECT_EQ(passed.plain, plain);
    EXPECT_EQ(passed.result.packed_bytes, packed.size());
  }
}

TEST(Gunzip, EveryHeaderFieldIsSkipped) {
  const ByteVec plain = text(10'000);
  ByteVec packed = gzip(plain);
  packed[3] = std::byte{2 | 4 | 8 | 16};
  const std::string fields("\x05\x00HS\x01\x00zname\0comment\0\x12\x34", 22);
  const ByteView view = as_bytes(fields);
  packed.insert(packed.begin() + 10, view.begin(), view.end());
  const Passed passed = pass_over(packed);
  EXPECT_EQ(passed.result.end, End::kSound) << passed.result.problem;
  EXPECT_EQ(passed.plain, plain);
}

TEST(Gunzip, AnEndlessNameInTheHeaderIsRefused) {
  ByteVec packed = gzip(text(10));
  packed[3] = std::byte{8};
  packed.insert(packed.begin() + 10, 200'000, std::byte{'a'});
  EXPECT_EQ(pass_over(packed).result.end, End::kDamaged);
}

TEST(Gunzip, EndlessEmptyMembersAreRefused) {
  ByteVec packed;
  const ByteVec empty = gzip({});
  for (int i = 0; i < 100'002; ++i) append(packed, empty);
  EXPECT_EQ(pass_over(packed).result.end, End::kDamaged);
}

TEST(Gunzip, ThePaddedTrailerOfV1IsRead) {
  for (std::size_t size = 0; size < 60; ++size) {
    const ByteVec plain = text(size, static_cast<unsigned>(size));
    ByteVec packed = padded_v1(plain);
    const Passed passed = pass_over(packed, GzipTrailer::kPaddedV1);
    ASSERT_EQ(passed.result.end, End::kSound) << size << passed.result.problem;
    ASSERT_EQ(passed.plain, plain);
    ASSERT_EQ(passed.result.packed_bytes, packed.size());
    ASSERT_EQ(pass_over(gzip(plain), GzipTrailer::kPaddedV1).result.end, End::kSound);
    packed[packed.size() - 32] ^= std::byte{1};
    ASSERT_EQ(pass_over(packed, GzipTrailer::kPaddedV1).result.end, End::kDamaged);
    packed.resize(packed.size() - 16);
    ASSERT_EQ(pass_over(packed, GzipTrailer::kPaddedV1).result.end, End::kTruncated);
  }
}

TEST(Gunzip, DamageBelowEndsTheData) {
  const ByteVec plain = text(2 << 20);
  const ByteVec packed = gzip(plain);
  for (const ErrorKind kind : {ErrorKind::kDamaged, ErrorKind::kTruncated}) {
    const std::uint64_t bad = 256 * kKiB;
    const auto passed =
        pass_over(std::make_shared<samples::FailingSource>(packed, bad, packed.size(), kind));
    EXPECT_EQ(passed.result.end, kind == ErrorKind::kDamaged ? End::kDamaged : End::kTruncated);
    EXPECT_GT(passed.plain.size(), plain.size() / 10);
    EXPECT_TRUE(std::equal(passed.plain.begin(), passed.plain.end(), plain.begin()));
    EXPECT_EQ(passed.result.packed_bytes, bad);
  }
}

TEST(Gunzip, OtherErrorsPassThroughAndStay) {
  const ByteVec packed = gzip(noise(1 << 20));
  GunzipPass pass(
      std::make_shared<samples::FailingSource>(packed, 600'000, 600'001, ErrorKind::kIo),
      GzipTrailer::kNormal);
  ByteVec buffer(1 << 20);
  EXPECT_THROW(while (pass.read(buffer) > 0){}, Error);
  EXPECT_THROW((void)pass.read(buffer), Error);
  EXPECT_THROW((void)pass.finish(), Error);
}

TEST(Gunzip, FinishDecodesTheRestAndStopsWhenAsked) {
  const ByteVec plain = text(2 << 20);
  GunzipPass whole(source_of(gzip(plain)), GzipTrailer::kNormal);
  EXPECT_EQ(whole.finish().result.checked_bytes, plain.size());
  GunzipPass stopped(source_of(gzip(plain)), GzipTrailer::kNormal);
  std::stop_source stop;
  stop.request_stop();
  try {
    (void)stopped.finish(stop.get_token());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInterrupted);
  }
}

}  // namespace
}  // namespace backshelf
