#include "engine/job/retention.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "engine/job/schedule.h"
#include "tests/support/time_zone.h"

namespace backshelf {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using Folders = std::set<std::string>;

Instant on(const std::string& date, const std::string& time = "T04:45:00+01:00") {
  return *parse_iso8601(date + time);
}

RetentionItem automatic_on(const std::string& date) {
  RetentionItem item;
  item.folder = date;
  item.when = on(date);
  item.automatic = item.good = true;
  return item;
}

Folders folders(const Retention& result, bool stay) {
  Folders chosen;
  for (const RetentionVerdict& verdict : result.verdicts) {
    if (verdict.stays == stay) chosen.insert(verdict.folder);
  }
  return chosen;
}

std::string reason_of(const Retention& result, const std::string& folder) {
  for (const RetentionVerdict& verdict : result.verdicts) {
    if (verdict.folder == folder) return verdict.reason;
  }
  return "it is not there";
}

class RetentionTest : public testing::Test {
 protected:
  // One backup a day for the ten days up to 2026-11-24.
  static std::vector<RetentionItem> ten_days() {
    std::vector<RetentionItem> items;
    for (int day = 15; day <= 24; ++day) items.push_back(automatic_on(concat("2026-11-", day)));
    return items;
  }
  static Folders gone(const std::vector<RetentionItem>& items, const RetentionRules& rules) {
    return folders(judge(items, rules, on("2026-11-24", "T12:00:00+01:00")), false);
  }

  TimeZone zone_{kBerlin};
};

// What must never go.

TEST_F(RetentionTest, manual_foreign_uploaded_pinned_and_protected_ones_stay) {
  auto items = ten_days();
  items[0].automatic = false;
  items[1].uploaded = true;
  items[2].pinned = true;
  items[3].protects = true;
  EXPECT_EQ(gone(items, {.copies = 1}),
            (Folders{"2026-11-19", "2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23"}));
  EXPECT_EQ(gone(items, {.copies = 1, .days = 1}),
            (Folders{"2026-11-19", "2026-11-20", "2026-11-21", "2026-11-22"}));
}

TEST_F(RetentionTest, nothing_goes_while_the_newest_is_not_good) {
  auto items = ten_days();
  items.back().good = false;
  const Retention result = judge(items, {.copies = 1}, on("2026-11-24", "T12:00:00+01:00"));
  EXPECT_TRUE(folders(result, false).empty());
  EXPECT_THAT(result.halted, HasSubstr("2026-11-24, is not verified good"));
}

TEST_F(RetentionTest, nothing_goes_while_none_is_good) {
  auto items = ten_days();
  for (RetentionItem& item : items) item.good = false;
  EXPECT_TRUE(gone(items, {.copies = 1}).empty());
}

TEST_F(RetentionTest, without_a_rule_everything_is_kept) {
  EXPECT_TRUE(gone(ten_days(), {}).empty());
}

TEST_F(RetentionTest, one_from_the_future_stays_and_takes_no_place) {
  auto items = ten_days();
  items.push_back(automatic_on("2099-01-01"));
  items.push_back(automatic_on("2027-01-01"));
  items.back().good = false;
  const Folders left = folders(judge(items, {.copies = 2}, on("2026-11-24")), true);
  EXPECT_EQ(left, (Folders{"2026-11-23", "2026-11-24", "2027-01-01", "2099-01-01"}));
}

TEST_F(RetentionTest, bad_ones_take_no_place_and_age_as_the_others) {
  auto items = ten_days();
  for (const std::size_t bad : {0U, 8U, 7U}) items[bad].good = false;  // the 15th, 23rd, 22nd
  const Folders left = folders(judge(items, {.copies = 3}, on("2026-11-24")), true);
  EXPECT_EQ(left, (Folders{"2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24"}));
}

// The rules.

TEST_F(RetentionTest, instants_count_and_not_text) {
  std::vector<RetentionItem> items(2);
  items[0] = automatic_on("later as text");
  items[1] = automatic_on("earlier as text");
  items[0].when = *parse_iso8601("2026-10-25T02:50:00+02:00");  // 00:50 UTC
  items[1].when = *parse_iso8601("2026-10-25T02:10:00+01:00");  // 01:10 UTC
  EXPECT_EQ(gone(items, {.copies = 1}), (Folders{"later as text"}));
}

TEST_F(RetentionTest, two_files_of_one_backup_take_one_place) {
  auto items = ten_days();
  items.push_back(items.back());
  items.back().folder = "2026-11-24 (2)";
  EXPECT_EQ(folders(judge(items, {.copies = 2}, on("2026-11-24")), true),
            (Folders{"2026-11-23", "2026-11-24", "2026-11-24 (2)"}));
}

TEST_F(RetentionTest, days_are_counted_from_the_newest_so_that_a_pause_costs_nothing) {
  const auto much_later = judge(ten_days(), {.days = 2}, on("2027-11-24"));
  EXPECT_EQ(folders(much_later, true), (Folders{"2026-11-22", "2026-11-23", "2026-11-24"}));
}

TEST_F(RetentionTest, a_backup_stays_if_any_rule_keeps_it_and_says_which) {
  const Retention result =
      judge(ten_days(), {.copies = 2, .days = 3, .weekly = 2}, on("2026-11-24"));
  EXPECT_EQ(folders(result, true),
            (Folders{"2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24"}));
  EXPECT_EQ(reason_of(result, "2026-11-24"), "the newest one");
  EXPECT_EQ(reason_of(result, "2026-11-23"), "copy 2 of keep = 2");
  EXPECT_EQ(reason_of(result, "2026-11-21"), "younger than keep_days = 3");
  EXPECT_EQ(reason_of(result, "2026-11-20"), "no rule keeps it");
  EXPECT_EQ(reason_of(judge(ten_days(), {.weekly = 2}, on("2026-11-24")), "2026-11-22"),
            "newest of week 2 of keep_weekly = 2");
}

TEST_F(RetentionTest, a_week_over_the_turn_of_the_year_is_one_week) {
  std::vector<RetentionItem> items;
  for (const char* day : {"2026-12-27", "2026-12-28", "2026-12-31", "2027-01-01", "2027-01-03"}) {
    items.push_back(automatic_on(day));
  }
  EXPECT_EQ(folders(judge(items, {.weekly = 2}, on("2027-01-03")), true),
            (Folders{"2026-12-27", "2027-01-03"}));
  EXPECT_EQ(folders(judge(items, {.yearly = 2}, on("2027-01-03")), true),
            (Folders{"2026-12-31", "2027-01-03"}));
}

TEST_F(RetentionTest, the_keep_of_a_location_replaces_the_general_one_alone) {
  Config config;
  config.automatic.keep = 7;
  config.automatic.keep_weekly = 4;
  config.locations.resize(2);
  config.locations[0].name = "local";
  config.locations[1].name = "cloud";
  config.locations[1].keep = 0;
  EXPECT_EQ(rules_for(config, "local").copies, 7);
  EXPECT_EQ(rules_for(config, "cloud").copies, 0);
  EXPECT_EQ(rules_for(config, "cloud").weekly, 4);
}

// A year: daily backups in Berlin at half past midnight, which is the day before in UTC, pruned
// behind each; a manual one on each 15th; a week in July without any, but for a damaged one.
class Year {
 public:
  Year() {
    AutomaticConfig config;
    config.days = "daily";
    config.time = "00:30";
    config.jitter = std::chrono::seconds(0);
    schedule_ = *schedule_of(config, "");
    RetentionItem foreign = automatic_on("foreign");
    foreign.when = on("2024-11-01");
    foreign.automatic = false;
    RetentionItem uploaded = automatic_on("uploaded");
    uploaded.when = on("2024-11-02");
    uploaded.uploaded = true;
    items_ = {foreign, uploaded};
  }

  void run_until(const std::string& date) {
    const Instant end = on(date, "T12:00:00+01:00");
    for (Instant slot = next_slot(schedule_, last_); slot < end;
         slot = next_slot(schedule_, slot)) {
      day(slot);
      last_ = slot;
    }
  }
  [[nodiscard]] Folders automatic() const { return chosen(true); }
  [[nodiscard]] Folders others() const { return chosen(false); }
  int made = 0;

 private:
  [[nodiscard]] Folders chosen(bool automatic) const {
    Folders names;
    for (const RetentionItem& item : items_) {
      if ((item.automatic && !item.uploaded) == automatic) names.insert(item.folder);
    }
    return names;
  }

  void day(Instant slot) {
    const std::string date = to_rfc3339_local(slot).substr(0, 10);
    if (date.ends_with("-15")) {
      RetentionItem manual = automatic_on("manual " + date);
      manual.when = slot + hours(10);
      manual.automatic = false;
      items_.push_back(manual);
    }
    const bool fails = date >= "2025-07-07" && date <= "2025-07-13";
    const bool damaged = date == "2025-07-10";
    if (fails && !damaged) return;
    RetentionItem item = automatic_on(date);
    item.when = slot;
    item.good = !damaged;
    item.pinned = date == "2025-03-30";  // the day of 23 hours
    items_.push_back(item);
    ++made;
    prune(slot + hours(1), damaged);
  }

  void prune(Instant now, bool damaged) {
    const RetentionRules rules{
        .copies = 3, .days = 0, .daily = 7, .weekly = 4, .monthly = 6, .yearly = 2};
    const Folders gone = folders(judge(items_, rules, now), false);
    if (damaged) EXPECT_TRUE(gone.empty());
    (void)std::erase_if(items_,
                        [&](const RetentionItem& item) { return gone.contains(item.folder); });
  }

  Schedule schedule_;
  Instant last_ = on("2024-11-30", "T12:00:00+01:00");
  std::vector<RetentionItem> items_;
};

TEST_F(RetentionTest, a_year_of_daily_backups_leaves_what_the_table_says) {
  Year year;
  year.run_until("2025-07-20");
  EXPECT_EQ(year.automatic(),
            (Folders{"2024-12-31", "2025-02-28", "2025-03-30", "2025-03-31", "2025-04-30",
                     "2025-05-31", "2025-06-22", "2025-06-29", "2025-06-30", "2025-07-06",
                     "2025-07-10", "2025-07-14", "2025-07-15", "2025-07-16", "2025-07-17",
                     "2025-07-18", "2025-07-19", "2025-07-20"}));
  year.run_until("2025-12-31");
  EXPECT_EQ(year.automatic(), (Folders{"2024-12-31", "2025-03-30", "2025-07-31", "2025-08-31",
                                       "2025-09-30", "2025-10-31", "2025-11-30", "2025-12-14",
                                       "2025-12-21", "2025-12-25", "2025-12-26", "2025-12-27",
                                       "2025-12-28", "2025-12-29", "2025-12-30", "2025-12-31"}));
  EXPECT_EQ(year.others(), (Folders{"foreign", "uploaded", "manual 2024-12-15", "manual 2025-01-15",
                                    "manual 2025-02-15", "manual 2025-03-15", "manual 2025-04-15",
                                    "manual 2025-05-15", "manual 2025-06-15", "manual 2025-07-15",
                                    "manual 2025-08-15", "manual 2025-09-15", "manual 2025-10-15",
                                    "manual 2025-11-15", "manual 2025-12-15"}));
  EXPECT_EQ(year.made, 31 + 365 - 6);
}

}  // namespace
}  // namespace backshelf
