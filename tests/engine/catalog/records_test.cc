#include "engine/catalog/records.h"

#include <gtest/gtest.h>

namespace backshelf {
namespace {

const Instant kNow{std::chrono::seconds(1'795'000'000)};

Found found(const std::string& file, const std::string& identity = "1",
            const std::string& location = "local") {
  return {location, {.name = file, .size = 10, .mtime = {5, 6}, .identity = identity}};
}

Records reread(const Records& records) {
  Json state = Json::object();
  records.print_into(state);
  return Records::parse(parse_json(as_bytes(print_json(state))));
}

TEST(Records, GivesEachFileASlotAndAFolder) {
  Records records;
  EXPECT_TRUE(records.settle({found("A.tar"), found("B.tar")}, {}, kNow));
  EXPECT_FALSE(records.settle({found("A.tar"), found("B.tar")}, {}, kNow));
  EXPECT_EQ(records.find("local", "A.tar")->folder, "A");
  EXPECT_NE(records.find("local", "A.tar")->slot, records.find("local", "B.tar")->slot);
  EXPECT_NE(records.find("local", "A.tar")->slot, 0U);
}

TEST(Records, NumbersNamesThatDifferInCaseAloneOnceAndForAll) {
  Records records;
  (void)records.settle({found("A.tar"), found("a.tar"), found("A.tar", "2", "nas")}, {}, kNow);
  EXPECT_EQ(records.find("local", "a.tar")->folder, "a (2)");
  EXPECT_EQ(records.find("nas", "A.tar")->folder, "A (3)");
  (void)records.settle({found("a.tar"), found("A.tar", "2", "nas")}, {}, kNow);
  EXPECT_EQ(records.find("local", "a.tar")->folder, "a (2)");
  (void)records.settle({found("a.tar"), found("A.tar", "3"), found("A.tar", "2", "nas")}, {}, kNow);
  EXPECT_EQ(records.find("local", "A.tar")->folder, "A");
}

TEST(Records, NewBytesUnderAnOldNameGetANewSlotAndForgetWhatWasVerified) {
  Records records;
  (void)records.settle({found("A.tar")}, {}, kNow);
  Record& record = *records.find("local", "A.tar");
  record.checked = record.good = record.pinned = record.made = true;
  record.verified = kNow;
  const std::uint32_t slot = record.slot;
  EXPECT_TRUE(records.settle({found("A.tar", "other")}, {}, kNow));
  EXPECT_NE(record.slot, slot);
  EXPECT_EQ(record.folder, "A");
  EXPECT_TRUE(record.pinned);
  EXPECT_FALSE(record.good || record.checked || record.verified || record.made);
}

Found growing(const std::string& file, const std::string& identity) {
  Found one = found(file, identity);
  one.growing = true;
  return one;
}

TEST(Records, AGrowingFileKeepsItsSlotUntilItIsComplete) {
  Records records;
  EXPECT_TRUE(records.settle({growing("A.tar", "1")}, {}, kNow));
  const std::uint32_t slot = records.find("local", "A.tar")->slot;
  for (const char* identity : {"2", "3", "4"}) {
    EXPECT_FALSE(records.settle({growing("A.tar", identity)}, {}, kNow));
  }
  EXPECT_EQ(records.find("local", "A.tar")->slot, slot);
  EXPECT_TRUE(records.settle({found("A.tar", "5")}, {}, kNow));
  EXPECT_EQ(records.find("local", "A.tar")->identity, "5");
  EXPECT_EQ(records.next_slot, slot + 2);
}

TEST(Records, WhatIsOverwrittenInPlaceForgetsWhatWasVerifiedAtOnce) {
  Records records;
  (void)records.settle({found("A.tar")}, {}, kNow);
  Record& record = *records.find("local", "A.tar");
  record.checked = record.good = true;
  const std::uint32_t slot = record.slot;
  EXPECT_TRUE(records.settle({growing("A.tar", "2")}, {}, kNow));
  EXPECT_FALSE(record.good || record.checked);
  EXPECT_NE(record.slot, slot);
  EXPECT_FALSE(records.settle({growing("A.tar", "3")}, {}, kNow));
}

TEST(Records, WhatComesBackUnchangedIsWhatItWas) {
  Records records;
  (void)records.settle({found("A.tar")}, {}, kNow);
  records.find("local", "A.tar")->pinned = true;
  const std::uint32_t slot = records.find("local", "A.tar")->slot;
  EXPECT_TRUE(records.settle({}, {}, kNow));
  EXPECT_TRUE(records.find("local", "A.tar")->gone.has_value());
  (void)records.settle({found("A.tar")}, {}, kNow + std::chrono::hours(24));
  EXPECT_EQ(records.find("local", "A.tar")->slot, slot);
  EXPECT_TRUE(records.find("local", "A.tar")->pinned);
  (void)records.settle({}, {}, kNow);
  EXPECT_TRUE(records.settle({}, {}, kNow + std::chrono::hours(24 * 31)));
  EXPECT_EQ(records.find("local", "A.tar"), nullptr);
  (void)records.settle({found("A.tar")}, {}, kNow);
  EXPECT_NE(records.find("local", "A.tar")->slot, slot);
}

TEST(Records, FilesOfALocationThatIsAwayStay) {
  Records records;
  (void)records.settle({found("A.tar", "1", "nas")}, {}, kNow);
  EXPECT_FALSE(records.settle({}, {"nas"}, kNow));
  EXPECT_FALSE(records.find("nas", "A.tar")->gone.has_value());
}

TEST(Records, SurviveBeingPrintedAndParsed) {
  const std::string raw("caf\xE9 100%41.tar");
  Records records;
  (void)records.settle({found(raw), found("gone.tar")}, {}, kNow);
  (void)records.settle({found(raw)}, {}, kNow);
  Record& record = *records.find("local", raw);
  record.checked = record.good = record.pinned = record.uploaded = record.automatic = true;
  record.verified = kNow;
  record.state = State::kArchiveTruncated;
  record.problem = "cut";
  record.members = {{"ssl.tar.gz", "why", State::kDamaged, true}};
  records.made_good = true;
  records.deleted.push_back({record, ".hidden~", kNow, kNow + std::chrono::hours(24)});

  const Records again = reread(records);
  const Record* read = again.find("local", raw);
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(read->folder, record.folder);
  EXPECT_EQ(read->slot, record.slot);
  EXPECT_EQ(read->identity, record.identity);
  EXPECT_EQ(read->mtime, record.mtime);
  EXPECT_EQ(read->state, State::kArchiveTruncated);
  EXPECT_EQ(read->verified, record.verified);
  EXPECT_TRUE(read->good && read->pinned && read->uploaded && read->automatic && !read->made);
  ASSERT_EQ(read->members.size(), 1U);
  EXPECT_EQ(read->members[0].state, State::kDamaged);
  EXPECT_EQ(read->members[0].problem, "why");
  EXPECT_TRUE(read->members[0].authenticated);
  EXPECT_TRUE(again.find("local", "gone.tar")->gone.has_value());
  ASSERT_EQ(again.deleted.size(), 1U);
  EXPECT_EQ(again.deleted[0].hidden, ".hidden~");
  EXPECT_EQ(again.deleted[0].until, kNow + std::chrono::hours(24));
  EXPECT_EQ(again.next_slot, records.next_slot);
  EXPECT_TRUE(again.made_good);
}

TEST(Records, NeverReuseASlotThoughTheirRecordsAreGone) {
  Records records;
  (void)records.settle({found("A.tar"), found("B.tar")}, {}, kNow);
  const std::uint32_t next = records.next_slot;
  records.files.clear();
  EXPECT_EQ(reread(records).next_slot, next);
}

TEST(Records, TakeAnyJsonWithoutHarm) {
  for (const std::string text : {R"({"archives": 5})", R"({"archives": [null, 1, {}]})",
                                 R"({"archives": [{"slot": -1, "file": "%zz%4"}]})",
                                 R"({"deleted": [{"until": "soon"}], "next_slot": 1e300})"}) {
    Records records = Records::parse(parse_json(as_bytes(text)));
    EXPECT_TRUE(records.settle({found("A.tar")}, {}, kNow));
    EXPECT_NE(records.find("local", "A.tar")->slot, 0U);
  }
}

}  // namespace
}  // namespace backshelf
