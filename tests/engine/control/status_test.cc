#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "engine/control/shown_text.h"
#include "tests/engine/control/samples.h"

namespace backshelf {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

JobProgress half_done() {
  JobProgress job;
  job.command = "backup";
  job.folder = "Before_update";
  job.part = "config";
  job.files = 12;
  job.files_total = 30;
  job.bytes = 500'000'000;
  job.bytes_total = 1'000'000'000;
  job.rate = 85e6;
  job.eta_seconds = 65;
  job.started = sample::at("2026-11-24T11:59:00Z");
  return job;
}

// Everything at once, and more than fits.
StatusFacts crowded() {
  StatusFacts facts = sample::idle();
  const std::string wordy(300, 'w');
  Backup good = sample::backup("Good", "2026-11-23T04:45:00+00:00");
  good.good = true;
  Backup bad = sample::backup("Bad", "2026-11-22T04:45:00+00:00");
  bad.state = State::kDamaged;
  facts.shelf = sample::shelf({good, bad});
  facts.jobs.state = "backup";
  facts.jobs.job = half_done();
  facts.jobs.queue = {"verify Good", "verify Bad"};
  facts.jobs.last_backup = LastBackup{
      "Last", facts.now, false, wordy, {"config/x: " + wordy, "b", "c"}, {{"nas", false, wordy}}};
  for (int i = 0; i < 30; ++i) {
    facts.jobs.problems.push_back({"code",
                                   concat("problem ", i, " with some words and a few more of them"),
                                   "do this and that and then that other thing too", facts.now});
    facts.locations.push_back({concat("place", i), "away", wordy, 1, 2, 3});
  }
  facts.deleted.resize(2);
  facts.kit_saved = false;
  facts.key_needed = true;
  return facts;
}

TEST(StatusText, IsOneScreenWhateverHappens) {
  const std::string text = status_text(crowded());
  const auto lines = lines_of(text);
  EXPECT_LE(lines.size(), 24U);
  for (const std::string& line : lines) EXPECT_LE(shown_width(line), 80U) << line;
  EXPECT_THAT(text, HasSubstr("problem 29"));
  EXPECT_THAT(text, HasSubstr("more in status.json"));
  EXPECT_THAT(text, HasSubstr("backshelf kit"));
  EXPECT_THAT(text, HasSubstr("Key "));
}

TEST(StatusText, TellsHowFarTheFirstLookIntoAnArchiveIs) {
  StatusFacts facts = sample::idle();
  EXPECT_THAT(status_text(facts), Not(HasSubstr("Opening")));
  facts.opening = {{"Old one", "config.tar.gz", 41, 100}, {"Other", "ssl.tar.gz", 0, 0}};
  EXPECT_THAT(status_text(facts),
              HasSubstr("Opening      Old one: 41 % of config.tar.gz (and 1 more)\n"));
  const Json json = status_json(facts)["opening"];
  ASSERT_EQ(json.items().size(), 2U);
  EXPECT_EQ(json.items()[0]["folder"].text_or(""), "Old one");
  EXPECT_EQ(json.items()[0]["bytes"].int_or(0), 41);
}

TEST(StatusText, TellsWhatTheMountUses) {
  StatusFacts facts = sample::idle();
  EXPECT_THAT(status_text(facts), Not(HasSubstr("Mount")));
  facts.mount = StatusFacts::Mount{true, true, 1024};
  EXPECT_THAT(status_text(facts),
              HasSubstr("Mount        parallel lookups, readdirplus, reads 1024 KiB ahead\n"));
  EXPECT_EQ(status_json(facts)["mount"]["read_ahead_kib"].int_or(0), 1024);
  EXPECT_FALSE(status_json(facts)["mount"]["passthrough"].bool_or(true));
}

TEST(StatusText, ARunningJobHasItsBar) {
  StatusFacts facts = sample::idle();
  facts.jobs.state = "backup";
  facts.jobs.job = half_done();
  const std::string text = status_text(facts);
  EXPECT_THAT(text, HasSubstr("backup  Before_update\n"));
  EXPECT_THAT(text, HasSubstr("[####################....................] 50 %"));
  EXPECT_THAT(text, HasSubstr("500.0 MB of 1.0 GB, 12 files, 85.0 MB/s, 1 min left, now config"));
}

TEST(StatusText, ABarIsNeverFullerThanFull) {
  StatusFacts facts = sample::idle();
  facts.jobs.job = half_done();
  facts.jobs.job->bytes = 5'000'000'000;
  EXPECT_THAT(status_text(facts), HasSubstr("####] 100 %"));
  facts.jobs.job->bytes_total = 0;
  EXPECT_THAT(status_text(facts), Not(HasSubstr("%")));
}

TEST(StatusText, WhenNothingEverHappened) {
  const std::string text = status_text(sample::idle());
  EXPECT_THAT(text, HasSubstr("State        idle\n"));
  EXPECT_THAT(text, HasSubstr("Last good    none verified yet"));
  EXPECT_THAT(text, HasSubstr("Backups      0\n"));
  EXPECT_THAT(text, Not(HasSubstr("Kit")));
}

TEST(StatusText, AsksForTheKitUntilItIsSaved) {
  StatusFacts facts = sample::idle();
  facts.kit_saved = false;
  EXPECT_THAT(status_text(facts), HasSubstr("backshelf kit --output FILE"));
}

TEST(StatusText, HostileNamesDoNotCommandTheTerminal) {
  StatusFacts facts = crowded();
  facts.jobs.job->folder = "\x1B[2J";
  facts.jobs.queue = {"a\nb"};
  facts.jobs.problems.back().what = "x\x1B]0;y\x07";
  facts.locations.front().name = "\xFF";
  std::string text = status_text(facts);
  std::erase(text, '\n');
  EXPECT_TRUE(is_utf8(text));
  EXPECT_FALSE(has_control_character(text));
}

TEST(StatusJson, HasTheKeysOfTheContract) {
  const Json json = sample::as_read(status_json(crowded()));
  for (const char* const key :
       {"schema", "time", "state", "job", "queue", "last_backup", "last_good", "next_backup",
        "stale", "locations", "pending_deletes", "problems", "kit_saved"}) {
    EXPECT_TRUE(json.has(key)) << key;
  }
  EXPECT_EQ(json["schema"].int_or(0), 1);
  EXPECT_EQ(json["time"].text_or(""), "2026-11-24T12:00:00.000000+00:00");
  EXPECT_EQ(json["last_good"].text_or(""), "Good");
  for (const char* const key : {"command", "folder", "part", "files", "files_total", "bytes",
                                "bytes_total", "rate", "eta_s", "started"}) {
    EXPECT_TRUE(json["job"].has(key)) << key;
  }
  EXPECT_EQ(json["job"]["rate"].int_or(0), 85'000'000);
  EXPECT_EQ(json["queue"].items().size(), 2U);
  EXPECT_EQ(json["last_backup"]["ok"].bool_or(true), false);
  EXPECT_EQ(json["last_backup"]["locations"].items().at(0)["location"].text_or(""), "nas");
  EXPECT_EQ(json["problems"].items().size(), 30U);
  EXPECT_EQ(json["problems"].items()[0]["todo"].text_or("").substr(0, 7), "do this");
  EXPECT_EQ(json["locations"].items()[0]["total"].int_or(0), 2);
}

TEST(StatusJson, IsNullWhereThereIsNothing) {
  const Json json = status_json(sample::idle());
  EXPECT_TRUE(json["job"].is_null());
  EXPECT_TRUE(json["last_backup"].is_null());
  EXPECT_TRUE(json["last_good"].is_null());
  EXPECT_FALSE(json["stale"].bool_or(true));
}

TEST(StatusJson, AStaleBackupIsSaid) {
  StatusFacts facts = sample::idle();
  facts.jobs.problems.push_back({"stale", "", "", facts.now});
  EXPECT_TRUE(status_json(facts)["stale"].bool_or(false));
}

}  // namespace
}  // namespace backshelf
