#include "engine/job/patient_object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>

#include "engine/base/error.h"
#include "engine/job/shared_archive.h"
#include "tests/support/kind_of.h"
#include "tests/support/memory_location.h"
#include "tests/support/wait_until.h"

namespace backshelf {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

constexpr WriteLimits kShort{
    .queue_bytes = 1000, .write = milliseconds(50), .commit = milliseconds(50)};

ByteVec bytes_of(std::size_t count, char value) {
  return ByteVec(count, static_cast<std::byte>(value));
}

TEST(PatientObject, WritesPatchesAndCommitsInOrder) {
  const auto place = std::make_shared<MemoryLocation>("nas");
  PatientObject object(place, "job", {.queue_bytes = 64, .write = milliseconds(10'000)});
  for (int i = 0; i < 100; ++i) object.write(bytes_of(10, static_cast<char>('a' + i % 26)));
  object.patch(0, bytes_of(1, 'X'));
  EXPECT_EQ(object.written(), 1000U);
  EXPECT_EQ(object.commit("x.tar").size, 1000U);
  const ByteVec stored = place->look().objects.at("x.tar");
  EXPECT_EQ(stored[0], std::byte{'X'});
  EXPECT_EQ(stored[1], std::byte{'a'});
  EXPECT_EQ(stored[999], static_cast<std::byte>('a' + 99 % 26));
}

TEST(PatientObject, AFailureIsToldByTheNextCallAndByEachAfterIt) {
  const auto place = std::make_shared<MemoryLocation>("nas");
  place->change([](MemoryStore& store) { store.limit = 100; });
  PatientObject object(place, "job", {});
  object.write(bytes_of(101, 'a'));
  EXPECT_EQ(kind_of([&] { object.flush(); }), ErrorKind::kNoSpace);
  EXPECT_EQ(kind_of([&] { object.write(bytes_of(1, 'a')); }), ErrorKind::kNoSpace);
  EXPECT_EQ(kind_of([&] { (void)object.commit("x.tar"); }), ErrorKind::kNoSpace);
  EXPECT_EQ(place->look().pending, 0U) << "what it wrote is let go of at once";
}

TEST(PatientObject, WhatIsNotCommittedNeverExisted) {
  const auto place = std::make_shared<MemoryLocation>("nas");
  { PatientObject(place, "job", {}).write(bytes_of(10, 'a')); }
  EXPECT_TRUE(place->look().objects.empty());
  EXPECT_EQ(place->look().pending, 0U);
}

TEST(PatientObject, ALocationThatIsAwayIsToldAtTheFirstFlush) {
  const auto place = std::make_shared<MemoryLocation>("nas");
  place->change([](MemoryStore& store) { store.away = true; });
  PatientObject object(place, "job", {});
  EXPECT_EQ(kind_of([&] { object.flush(); }), ErrorKind::kIo);
}

// A hung server: the backup goes on without it, and whatever comes of the call leaves nothing.
TEST(PatientObject, ALocationThatHangsIsGivenUpAndCleansUpLater) {
  const auto place = std::make_shared<MemoryLocation>("nas");
  const auto answers = std::make_shared<std::latch>(1);
  place->change([&](MemoryStore& store) { store.on_write = [answers] { answers->wait(); }; });
  {
    PatientObject object(place, "job", kShort);
    object.write(bytes_of(900, 'a'));
    const std::string text = message_of([&] { object.write(bytes_of(900, 'a')); });
    EXPECT_THAT(text, HasSubstr("location nas: it took nothing for 0 s"));
    EXPECT_EQ(kind_of([&] { object.write(bytes_of(1, 'a')); }), ErrorKind::kTimeout);
  }
  EXPECT_EQ(place->look().pending, 1U);
  answers->count_down();
  EXPECT_TRUE(wait_until([&] { return place->look().pending == 0; }));
  EXPECT_TRUE(place->look().objects.empty());
}

TEST(SharedArchive, OneMemberFailsAloneAndTheLastOneEndsIt) {
  const auto full = std::make_shared<MemoryLocation>("full"),
             good = std::make_shared<MemoryLocation>("good");
  full->change([](MemoryStore& store) { store.limit = 5; });
  const auto a = full->create("job"), b = good->create("job");
  std::optional<Error> of_a, of_b;
  SharedArchive shared;
  EXPECT_TRUE(shared.is_empty());
  shared.add(*a, of_a);
  shared.add(*b, of_b);
  shared.write(bytes_of(4, 'a'));
  shared.write(bytes_of(4, 'b'));
  shared.patch(0, bytes_of(1, 'X'));
  EXPECT_TRUE(of_a);
  EXPECT_FALSE(of_b);
  EXPECT_EQ(shared.written(), 8U);
  EXPECT_EQ(b->written(), 8U);
  good->change([](MemoryStore& store) { store.limit = 8; });
  EXPECT_EQ(kind_of([&] { shared.write(bytes_of(1, 'c')); }), ErrorKind::kNoSpace);
}

}  // namespace
}  // namespace backshelf
