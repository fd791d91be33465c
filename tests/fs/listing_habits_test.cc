#include "fs/listing_habits.h"

#include <gtest/gtest.h>

namespace backshelf {
namespace {

TEST(ListingHabits, AWalkThatNeverAsksGetsNamesFromTheThirdFolderOn) {
  ListingHabits habits;
  EXPECT_FALSE(habits.opens(7, 10));
  EXPECT_FALSE(habits.opens(7, 10));
  EXPECT_TRUE(habits.opens(7, 10));
  EXPECT_TRUE(habits.opens(7, 100'000));
  EXPECT_FALSE(habits.opens(8, 10));  // another process begins anew
}

TEST(ListingHabits, WhoAsksForAFileGetsAttributesForGood) {
  ListingHabits habits;
  for (int i = 0; i < 3; ++i) (void)habits.opens(7, 10);
  habits.asks_for_file(7);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(habits.opens(7, 10));
}

TEST(ListingHabits, ALargeFolderIsNoTrial) {
  ListingHabits habits;
  for (int i = 0; i < 2; ++i) (void)habits.opens(7, 10);
  EXPECT_FALSE(habits.opens(7, 10'000));
  EXPECT_TRUE(habits.opens(7, 10));
  EXPECT_TRUE(habits.opens(7, 10'000));
}

TEST(ListingHabits, AskingBeforeATrialSaysNothing) {
  ListingHabits habits;
  (void)habits.opens(7, 10);
  habits.asks_for_file(7);
  (void)habits.opens(7, 10);
  EXPECT_TRUE(habits.opens(7, 10));
}

}  // namespace
}  // namespace backshelf
