#include "fs/delete_sessions.h"

#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "tests/support/fake_clock.h"
#include "tests/support/kind_of.h"

namespace backshelf {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr FolderId kFile{1, 7}, kOther{1, 8};
constexpr std::uint32_t kSlot = 3;

class DeleteSessionsTest : public ::testing::Test {
 protected:
  std::unique_ptr<DeleteSessions> make(DeletePolicy policy = DeletePolicy::kTwoPhase) {
    return DeleteSessions::make({*state_, clock_, null_log(), policy, seconds(60)});
  }
  FakeClock clock_;
  std::unique_ptr<StateStore> state_ = StateStore::open("");
};

TEST_F(DeleteSessionsTest, HidesWhatWasRemovedAndNothingElse) {
  const auto sessions = make();
  sessions->hide(kSlot, kFile);
  EXPECT_TRUE(sessions->is_hidden(kSlot, kFile));
  EXPECT_FALSE(sessions->is_hidden(kSlot, kOther));
  EXPECT_FALSE(sessions->is_hidden(kSlot + 1, kFile));
}

TEST_F(DeleteSessionsTest, ShowsEverythingAgainWhenTheWindowIsOver) {
  const auto sessions = make();
  sessions->hide(kSlot, kFile);
  clock_.advance(seconds(59));
  EXPECT_TRUE(sessions->expire().empty());
  sessions->hide(kSlot, kOther);  // the window counts from the last removal
  clock_.advance(seconds(59));
  EXPECT_TRUE(sessions->expire().empty());
  clock_.advance(seconds(1));
  EXPECT_EQ(sessions->expire(), std::vector<std::uint32_t>{kSlot});
  EXPECT_FALSE(sessions->is_hidden(kSlot, kFile));
  EXPECT_FALSE(sessions->is_open(kSlot));
}

TEST_F(DeleteSessionsTest, EachEndRaisesTheEpochForNewNodeIds) {
  const auto sessions = make();
  EXPECT_EQ(sessions->epoch(kSlot), 0U);
  for (std::uint32_t round = 1; round <= 3; ++round) {
    sessions->touch(kSlot);
    clock_.advance(minutes(2));
    (void)sessions->expire();
    EXPECT_EQ(sessions->epoch(kSlot), round);
  }
}

TEST_F(DeleteSessionsTest, WhatComesBackByUndeleteHasNewNodeIds) {
  const auto sessions = make();
  sessions->hide(kSlot, kFile);
  sessions->forget(kSlot);
  EXPECT_FALSE(sessions->is_hidden(kSlot, kFile));
  EXPECT_EQ(sessions->epoch(kSlot), 1U);
}

TEST_F(DeleteSessionsTest, ACrashInsideASessionIsItsEnd) {
  make()->hide(kSlot, kFile);  // never ended
  const auto after = make();
  EXPECT_FALSE(after->is_hidden(kSlot, kFile));
  EXPECT_TRUE(after->must_be_empty(kSlot));
}

TEST_F(DeleteSessionsTest, RmdirOnlyRefusesInsideAndOpensTheSession) {
  const auto sessions = make(DeletePolicy::kRmdirOnly);
  EXPECT_EQ(kind_of([&] { sessions->refuse_inside(kSlot); }), ErrorKind::kReadOnly);
  EXPECT_TRUE(sessions->is_open(kSlot));
}

TEST_F(DeleteSessionsTest, ABareRmdirDeletesUnlessASessionIsOpenOrWasLately) {
  const auto sessions = make();
  EXPECT_FALSE(sessions->must_be_empty(kSlot));
  sessions->touch(kSlot);
  EXPECT_TRUE(sessions->must_be_empty(kSlot));
  clock_.advance(minutes(2));
  (void)sessions->expire();
  EXPECT_TRUE(sessions->must_be_empty(kSlot)) << "a late yes must not delete";
  clock_.advance(minutes(61));
  EXPECT_FALSE(sessions->must_be_empty(kSlot));
}

TEST_F(DeleteSessionsTest, TheHourAfterASessionOutlivesTheDaemon) {
  {
    const auto sessions = make();
    sessions->hide(kSlot, kFile);
    sessions->end_all();
  }
  const auto next = make();
  EXPECT_FALSE(next->is_hidden(kSlot, kFile));
  EXPECT_TRUE(next->must_be_empty(kSlot));
  EXPECT_FALSE(next->must_be_empty(kSlot + 1));
}

TEST_F(DeleteSessionsTest, ADeletedBackupIsForgotten) {
  const auto sessions = make();
  sessions->hide(kSlot, kFile);
  sessions->forget(kSlot);
  EXPECT_FALSE(sessions->is_open(kSlot));
  EXPECT_FALSE(sessions->must_be_empty(kSlot));
}

TEST_F(DeleteSessionsTest, RmdirOnlyRefusesButOpensTheSession) {
  const auto sessions = make(DeletePolicy::kRmdirOnly);
  EXPECT_EQ(kind_of([&] { sessions->hide(kSlot, kFile); }), ErrorKind::kReadOnly);
  EXPECT_FALSE(sessions->is_hidden(kSlot, kFile));
  EXPECT_TRUE(sessions->must_be_empty(kSlot));
}

TEST_F(DeleteSessionsTest, DenyRefusesEverything) {
  const auto sessions = make(DeletePolicy::kDeny);
  EXPECT_EQ(kind_of([&] { sessions->hide(kSlot, kFile); }), ErrorKind::kNotPermitted);
  EXPECT_EQ(kind_of([&] { (void)sessions->must_be_empty(kSlot); }), ErrorKind::kNotPermitted);
  sessions->touch(kSlot);
  EXPECT_FALSE(sessions->is_open(kSlot));
}

}  // namespace
}  // namespace backshelf
