#include "engine/base/clock.h"

#include <gtest/gtest.h>

namespace backshelf {
namespace {

using std::chrono::microseconds;

// The instant in UTC, or "none".
std::string parsed(std::string_view text) {
  const auto instant = parse_iso8601(text);
  return instant ? to_rfc3339(*instant) : "none";
}

TEST(Clock, ReadsWhatHomeAssistantWroteInAnyYear) {
  EXPECT_EQ(parsed("2025-03-04T05:06:07.891011+00:00"), "2025-03-04T05:06:07.891011+00:00");
  EXPECT_EQ(parsed("2025-03-04T05:06:07.891011+01:00"), "2025-03-04T04:06:07.891011+00:00");
  EXPECT_EQ(parsed("2025-03-04T01:06:07-0530"), "2025-03-04T06:36:07.000000+00:00");
  EXPECT_EQ(parsed("2025-03-04T05:06:07Z"), "2025-03-04T05:06:07.000000+00:00");
  EXPECT_EQ(parsed("2017-08-01 10:00:00"), "2017-08-01T10:00:00.000000+00:00");
  EXPECT_EQ(parsed("2017-08-01T10:00"), "2017-08-01T10:00:00.000000+00:00");
  EXPECT_EQ(parsed("2017-08-01"), "2017-08-01T00:00:00.000000+00:00");
  EXPECT_EQ(parsed("2025-03-04T05:06:07.8"), "2025-03-04T05:06:07.800000+00:00");
  EXPECT_EQ(parsed("2025-03-04T05:06:07.1234567899"), "2025-03-04T05:06:07.123456+00:00");
  EXPECT_EQ(parsed("2024-02-29T00:00:00+02"), "2024-02-28T22:00:00.000000+00:00");
}

TEST(Clock, RefusesWhatIsNoDate) {
  for (const char* text : {"",
                           "2",
                           "yesterday",
                           "2025-13-01",
                           "2025-02-29",
                           "2025-00-01",
                           "2025-01-00",
                           "2025-1-1",
                           "2025-01-01T",
                           "2025-01-01T24:00",
                           "2025-01-01T10",
                           "2025-01-01T10:60",
                           "2025-01-01T10:00:61",
                           "2025-01-01T10:00:00+",
                           "2025-01-01T10:00:00+1",
                           "2025-01-01T10:00:00+01:0",
                           "2025-01-01T10:00:00ZZ",
                           "2025-01-01X10:00",
                           "2025-01-01T10:00:00 ",
                           "-025-01-01",
                           "20250101"}) {
    EXPECT_EQ(parsed(text), "none") << text;
  }
}

TEST(Clock, EveryCutOfADateIsADateOrNone) {
  const std::string whole = "2025-03-04T05:06:07.891011+01:00";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    (void)parse_iso8601(std::string_view(whole).substr(0, size));
  }
}

TEST(Clock, StampsAndInstantsAgreeBeforeAndAfter1970) {
  for (const Timestamp stamp : {Timestamp{0, 0},
                                {1'700'000'000, 123'456'000},
                                {-1, 999'999'000},
                                {-1'000'000'000, 1'000}}) {
    EXPECT_EQ(to_timestamp(to_instant(stamp)), stamp);
  }
  EXPECT_EQ(to_rfc3339(Instant(microseconds(-1))), "1969-12-31T23:59:59.999999+00:00");
}

TEST(Clock, LocalTimeNamesItsOffset) {
  const Instant instant = parse_iso8601("2025-07-01T12:00:00Z").value();
  EXPECT_EQ(parse_iso8601(to_rfc3339_local(instant)), instant);
}

}  // namespace
}  // namespace backshelf
