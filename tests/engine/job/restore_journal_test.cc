#include "engine/job/restore_journal.h"

#include <gtest/gtest.h>

#include "engine/base/error.h"

namespace backshelf {
namespace {

TEST(RestoreJournalText, ComesBackWhateverANameHolds) {
  RestoreJournal journal;
  journal.job = "12-34";
  journal.phase = RestoreJournal::Phase::kExchange;
  journal.after_is_due = true;
  journal.folders.push_back(
      {"/a b\n\t%", "/h", "config", false, {0755, 1000, -1, {-5, 999'999'999}}});
  journal.steps.push_back({0, "not-utf8-\xff\xfe/\x01", true, false});
  journal.attributes.push_back({0, "", {0700, 0, 0, {1, 2}}, {0750, 3, 4, {5, 6}}});
  const RestoreJournal back = parse_journal(print_journal(journal), "journal");
  EXPECT_EQ(back.folders.at(0).directory, "/a b\n\t%");
  EXPECT_EQ(back.folders.at(0).attributes.mtime, (Timestamp{-5, 999'999'999}));
  EXPECT_EQ(back.steps.at(0).path, journal.steps[0].path);
  EXPECT_TRUE(back.after_is_due);
  EXPECT_EQ(back.phase, RestoreJournal::Phase::kExchange);
  EXPECT_EQ(back.attributes.at(0).path, "");
  EXPECT_EQ(print_journal(back), print_journal(journal));
}

TEST(RestoreJournalText, ACutOrForeignOneIsRefused) {
  RestoreJournal journal;
  journal.job = "1";
  journal.folders.push_back({"/a", "/h", "config", true, {}});
  journal.steps.push_back({0, "x", true, true});
  const std::string text = print_journal(journal);
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_THROW((void)parse_journal(text.substr(0, size), "journal"), Error) << size;
  }
  for (const char* const line : {"step\t1\t1\t1\tx\n", "step\t0\t1\n", "what\n", "job\t\t0\t0\n",
                                 "folder\t1\t%4\t/h\tx\t1\t1\t1\t1\t1\n"}) {
    std::string other = text;
    other.insert(other.rfind("end"), line);
    EXPECT_THROW((void)parse_journal(other, "journal"), Error) << line;
  }
}

}  // namespace
}  // namespace backshelf
