#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/control/shown_text.h"
#include "tests/engine/control/samples.h"

namespace backshelf {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kDate[] = "2025-03-04T05:06:07.891011+00:00";

BackupPtr shared(Backup backup) {
  return std::make_shared<const Backup>(std::move(backup));
}

TEST(BackupJson, HasTheKeysOfTheContract) {
  const Json json = sample::as_read(backup_json(sample::backup("A", kDate)));
  for (const char* const key :
       {"folder", "slug", "name", "date", "type", "file", "size", "protected", "authenticated",
        "state", "problem", "verified", "pinned", "good", "locations", "members"}) {
    EXPECT_TRUE(json.has(key)) << key;
  }
  EXPECT_EQ(json["date"].text_or(""), kDate);
  EXPECT_EQ(json["size"].int_or(0), 399'360);
  EXPECT_TRUE(json["protected"].bool_or(false));
  EXPECT_TRUE(json["authenticated"].bool_or(false));
  EXPECT_TRUE(json["problem"].is_null());
  EXPECT_TRUE(json["verified"].is_null());
  EXPECT_EQ(json["locations"].items().at(0)["location"].text_or(""), "local");
  EXPECT_EQ(json["locations"].items().at(0)["state"].text_or(""), "ok");
  const Json& member = json["members"].items().at(1);
  for (const char* const key :
       {"member", "folder", "size", "securetar", "gzip", "state", "verified", "problem"}) {
    EXPECT_TRUE(member.has(key)) << key;
  }
  EXPECT_EQ(member["folder"].text_or(""), "apps/core_ssh");
  EXPECT_EQ(member["securetar"].int_or(0), 3);
}

TEST(BackupJson, WithoutEncryptionSecuretarIsNull) {
  Backup backup = sample::backup("A", kDate);
  backup.members[1] = sample::member("ssl", std::nullopt);
  const Json json = backup_json(backup);
  EXPECT_TRUE(json["members"].items()[1]["securetar"].is_null());
  EXPECT_FALSE(json["authenticated"].bool_or(true));
  backup.members.clear();
  EXPECT_FALSE(backup_json(backup)["authenticated"].bool_or(true)) << "nothing was authenticated";
}

TEST(BackupJson, DatesAreRfc3339) {
  const auto date = [](const std::string& stored) {
    Backup backup = sample::backup("A", kDate);
    backup.date = stored;
    return backup_json(backup)["date"].text_or("null");
  };
  EXPECT_EQ(date("2025-03-04T05:06:07+01:00"), "2025-03-04T05:06:07+01:00");
  EXPECT_EQ(date("2018-02-18T05:06:07Z"), "2018-02-18T05:06:07Z");
  EXPECT_EQ(date("2018-02-18T05:06:07"), "2018-02-18T05:06:07.000000+00:00");
  EXPECT_EQ(date("2018-02-18 05:06:07.5+01:00"), "2018-02-18T04:06:07.500000+00:00");
  EXPECT_EQ(date("yesterday"), kDate) << "the file's time, when there is no other";
}

TEST(BackupJson, AMemberIsVerifiedWithItsBackup) {
  Backup backup = sample::backup("A", kDate);
  backup.verified = sample::at(kDate);
  backup.members[0].state = State::kDamaged;
  backup.members[0].problem = "x";
  const Json json = backup_json(backup);
  EXPECT_EQ(json["verified"].text_or(""), kDate);
  EXPECT_TRUE(json["members"].items()[0]["verified"].is_null());
  EXPECT_EQ(json["members"].items()[0]["problem"].text_or(""), "x");
  EXPECT_EQ(json["members"].items()[1]["verified"].text_or(""), kDate);
}

TEST(ListText, OneLinePerBackupTheNewestFirst) {
  Backup old = sample::backup("Old", "2024-01-01T00:00:00Z");
  old.members = {sample::member("config", std::nullopt), sample::member("ssl", 2)};
  old.state = State::kWrongKey;
  old.problem = "none of the keys opens it";
  const std::string text = list_text({shared(old), shared(sample::backup("Newer_one", kDate))});
  const std::size_t newer = text.find("Newer_one"), older = text.find("\nOld ");
  EXPECT_LT(newer, older);
  EXPECT_THAT(text, HasSubstr("NAME"));
  EXPECT_THAT(text, HasSubstr("399.4 kB  config,1 app  SecureTar v3"));
  EXPECT_THAT(text, HasSubstr("config,ssl    SecureTar v2 in part"));
  EXPECT_THAT(text, HasSubstr("wrong-key: none of the keys opens it\n"));
  EXPECT_THAT(text, Not(HasSubstr("LOCATION")));
}

TEST(ListText, NamesTheLocationWhenThereAreSeveral) {
  Backup other = sample::backup("B", kDate);
  other.location = "nas";
  EXPECT_THAT(list_text({shared(sample::backup("A", kDate)), shared(other)}),
              HasSubstr("LOCATION"));
}

TEST(ListText, AnEmptyShelfSaysSo) {
  EXPECT_EQ(list_text({}), "There are no backups yet.\n");
}

TEST(ShowText, SaysEverythingWithMembers) {
  Backup backup = sample::backup("A", kDate);
  backup.members[1].state = State::kTruncated;
  backup.members[1].problem = "it ends early";
  backup.state = State::kTruncated;
  backup.problem = "a member is cut";
  backup.pinned = backup.protects = true;
  const std::string text = show_text(backup);
  for (const char* const part :
       {"Folder          A\n", "Name            Name of A\n", "7c984efa", "A.tar", "399360 bytes",
        "SecureTar v3, authenticated", "State           truncated\n", "a member is cut", "not yet",
        "Pinned          yes", "no good backup is known", "config.tar.gz", "apps/core_ssh",
        "truncated: it ends early"}) {
    EXPECT_THAT(text, HasSubstr(part)) << text;
  }
}

TEST(ShowText, WhatIsNoBackupIsShownToo) {
  Backup backup;
  backup.folder = "x";
  backup.state = State::kNotABackup;
  backup.problem = "it is no tar";
  EXPECT_THAT(show_text(backup), HasSubstr("not-a-backup"));
  EXPECT_THAT(print_json(backup_json(backup)), HasSubstr("\"state\":\"not-a-backup\""));
}

TEST(HostileNames, AreVisibleEverywhere) {
  Backup backup = sample::backup("\x1B[2J", kDate);
  backup.name = backup.problem = backup.slug = backup.type = "a\nb\xFF\x07";
  backup.homeassistant_version = backup.location = backup.object.name = "\x1B[31m";
  backup.members[0].member = backup.members[0].folder = backup.members[0].problem = "\r\x9B";
  backup.date = "\x1B]0;x\x07";
  for (std::string text : {list_text({shared(backup)}), show_text(backup)}) {
    std::erase(text, '\n');
    EXPECT_TRUE(is_utf8(text));
    EXPECT_FALSE(has_control_character(text)) << text;
  }
}

}  // namespace
}  // namespace backshelf
