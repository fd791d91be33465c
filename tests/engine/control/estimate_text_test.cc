#include "engine/control/estimate_text.h"

#include <gmock/gmock.h>

namespace backshelf {
namespace {

using testing::HasSubstr;
using testing::Not;

HomeEstimate an_estimate() {
  HomeEstimate made;
  made.parts = {{.part = "config", .files = 3, .bytes = 4'000'000'000, .database_bytes = 0}};
  made.files = 3;
  made.bytes = 4'000'000'000;
  made.places = {{.location = "local", .space = {1'000'000'000, 9'000'000'000}, .problem = {}},
                 {.location = "nas", .space = {}, .problem = "it is away"}};
  return made;
}

TEST(EstimateText, WithoutAnEarlierBackupItSaysSo) {
  const std::string text = estimate_text(an_estimate());
  EXPECT_THAT(text, HasSubstr("config    3 files"));
  EXPECT_THAT(text, HasSubstr("unknown before the first backup, at most about"));
  EXPECT_THAT(text, HasSubstr("Location local: "));
  EXPECT_THAT(text, HasSubstr("it may not fit"));
  EXPECT_THAT(text, HasSubstr("Location nas: it is away."));
  EXPECT_THAT(text, Not(HasSubstr("recorder")));
}

TEST(EstimateText, WhatDoesNotFitIsTold) {
  HomeEstimate made = an_estimate();
  made.archive_bytes = 2'000'000'000;
  EXPECT_THAT(estimate_text(made), HasSubstr("it does not fit"));
  made.archive_bytes = 900'000'000;
  EXPECT_THAT(estimate_text(made), HasSubstr("it fits"));
}

TEST(EstimateText, ALargeDatabaseIsCalledSo) {
  HomeEstimate made = an_estimate();
  made.database_bytes = 3'000'000'000;
  EXPECT_THAT(estimate_text(made), HasSubstr("for each of 10 days"));
  EXPECT_THAT(estimate_text(made), HasSubstr("Home Assistant's default"));
  EXPECT_THAT(estimate_text(made), HasSubstr("That is large"));
  made.recorder.keep_days = 100;
  EXPECT_THAT(estimate_text(made), HasSubstr("for each of 100 days"));
  EXPECT_THAT(estimate_text(made), Not(HasSubstr("That is large")));
  EXPECT_THAT(estimate_text(made), Not(HasSubstr("unused")));
  made.recorder.unused_bytes = 2'000'000'000;
  EXPECT_THAT(estimate_text(made), HasSubstr("unused"));
}

TEST(EstimateText, WhatIsNotStoredIsNamed) {
  HomeEstimate made = an_estimate();
  made.problems = {{"media", "it does not answer within 30 s"}};
  EXPECT_THAT(estimate_text(made), HasSubstr("Not stored: media: it does not answer within 30 s"));
}

}  // namespace
}  // namespace backshelf
