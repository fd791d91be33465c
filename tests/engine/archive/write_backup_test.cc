#include "engine/archive/write_backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/tar/raw_header.h"
#include "engine/tar/tar_scan.h"
#include "tests/engine/archive/write_fixture.h"

namespace backshelf {
namespace {

TEST_F(WriteBackup, members_stand_in_home_assistants_order_and_spelling) {
  const MemoryObject& out = add_group(key_of(3));
  (void)write();
  const OuterTable outer = table(out);
  EXPECT_EQ(outer.problem, "");
  ASSERT_EQ(outer.members.size(), 4u);
  EXPECT_EQ(outer.members[0].name, "homeassistant.tar.gz");
  EXPECT_EQ(outer.members[1].name, "ssl.tar.gz");
  EXPECT_EQ(outer.members[2].name, ".seek.v1");
  const auto last =
      parse_raw_header(ByteView(out.bytes()).subspan(outer.members[3].header_offset, kTarBlock));
  ASSERT_TRUE(last);
  EXPECT_EQ(last->name, "./backup.json");
}

TEST_F(WriteBackup, each_part_has_a_header_of_1536_bytes_with_its_true_size) {
  const MemoryObject& out = add_group(key_of(3));
  (void)write();
  std::uint64_t expected = 0;
  for (const OuterMember& found : table(out).members) {
    EXPECT_EQ(found.header_offset, expected);
    const std::size_t header = found.name.ends_with(".tar.gz") ? kMemberHeader : kTarBlock;
    EXPECT_EQ(found.data_offset - found.header_offset, header);
    EXPECT_EQ(found.size, found.available);
    EXPECT_EQ(found.type, EntryType::kFile);
    EXPECT_EQ(found.mtime.seconds, kDate);
    expected = found.data_offset + (found.size + kTarBlock - 1) / kTarBlock * kTarBlock;
  }
  const ByteView header = ByteView(out.bytes()).first(kMemberHeader);
  const OuterMember first = table(out).members.front();
  EXPECT_EQ(ByteVec(header.begin(), header.end()),
            make_member_header({"homeassistant.tar.gz", first.size, kDate, 891011000}));
}

TEST_F(WriteBackup, the_outer_tar_ends_with_zeros_to_a_multiple_of_10240) {
  const MemoryObject& out = add_group(nullptr);
  (void)write();
  EXPECT_EQ(out.bytes().size() % kTarRecord, 0u);
  const OuterMember last = table(out).members.back();
  const std::size_t end = last.data_offset + last.size;
  EXPECT_GE(out.bytes().size() - end, 2 * kTarBlock);
  EXPECT_TRUE(std::all_of(out.bytes().begin() + static_cast<std::ptrdiff_t>(end), out.bytes().end(),
                          [](std::byte b) { return b == std::byte{0}; }));
}

TEST_F(WriteBackup, metadata_says_what_the_bytes_are_in_every_group) {
  const MemoryObject& sealed = add_group(key_of(3));
  const MemoryObject& plain = add_group(nullptr);
  (void)write();
  EXPECT_TRUE(metadata(sealed).protected_flag);
  EXPECT_FALSE(metadata(plain).protected_flag);
  for (const MemoryObject* out : {&sealed, &plain}) {
    EXPECT_TRUE(metadata(*out).compressed);
    EXPECT_EQ(metadata(*out).slug, "7c984efa");
    EXPECT_EQ(metadata(*out).version, 2);
    EXPECT_EQ(metadata(*out).type, "partial");
    EXPECT_EQ(metadata(*out).date, plan_.metadata.date);
    EXPECT_EQ(metadata(*out).folders, std::vector<std::string>{"ssl"});
    EXPECT_TRUE(metadata(*out).has_homeassistant);
  }
}

TEST_F(WriteBackup, without_compression_the_suffix_and_the_flag_say_so) {
  plan_.level = Level::kNone;
  const MemoryObject& out = add_group(nullptr);
  (void)write();
  EXPECT_FALSE(metadata(out).compressed);
  const ByteVec inner = member(out, "homeassistant.tar");
  std::vector<std::string> paths;
  const auto result =
      scan_tar(MemorySource(inner), [&](const Entry& entry, const BodyLocation& body) {
        paths.push_back(entry.path.substr(0, entry.path.find_last_not_of('/') + 1));
        if (entry.path != "data/noise.bin") return;
        const auto* at = inner.data() + body.data_offset;
        EXPECT_EQ(as_text({at, entry.size}), noise(kNoise));
      });
  EXPECT_EQ(result.end, TarScanResult::End::kSound) << result.problem;
  EXPECT_EQ(paths, (std::vector<std::string>{"data", "data/configuration.yaml", "data/noise.bin"}));
  EXPECT_EQ(main_part(inner).size() % kTarRecord, 0u);
}

TEST_F(WriteBackup, groups_of_one_pass_hold_the_same_plaintext) {
  const auto v3 = key_of(3);
  const auto v2 = key_of(2);
  const MemoryObject& first = add_group(v3);
  const MemoryObject& second = add_group(v2);
  const MemoryObject& plain = add_group(nullptr);
  (void)write();
  for (const char* const name : {"homeassistant.tar.gz", "ssl.tar.gz"}) {
    const ByteVec wanted = main_part(member(plain, name));
    const ByteVec whole = unsealed(member(first, name), *v3);
    EXPECT_TRUE(main_part(whole) == wanted);
    EXPECT_TRUE(main_part(unsealed(member(second, name), *v2)) == wanted);
    EXPECT_EQ(sniff(ByteView(member(first, name)).first(kSniffBytes)).plain_size, whole.size());
    EXPECT_EQ(sniff(wanted).format, SealFormat::kPlainGzip);
  }
}

TEST_F(WriteBackup, members_share_salts_but_no_stream_key) {
  const MemoryObject& out = add_group(key_of(3));
  (void)write();
  const ByteVec a = member(out, "homeassistant.tar.gz");
  const ByteVec b = member(out, "ssl.tar.gz");
  EXPECT_EQ(sniff(ByteView(a).first(kSniffBytes)).root_salt, sniff(b).root_salt);
  EXPECT_EQ(sniff(ByteView(a).first(kSniffBytes)).validation_key, sniff(b).validation_key);
  EXPECT_NE(sniff(ByteView(a).first(kSniffBytes)).derivation_salt, sniff(b).derivation_salt);
}

TEST_F(WriteBackup, the_report_counts_files_and_their_bytes) {
  (void)add_group(nullptr);
  std::uint64_t told = 0;
  on_write_ = [&](const WriteProgress& progress) { told = progress.bytes; };
  const WriteReport report = write();
  EXPECT_EQ(report.files, 3u);
  EXPECT_EQ(report.plain_bytes, 16 + kNoise + 4);
  EXPECT_EQ(told, report.plain_bytes);
  EXPECT_TRUE(report.incomplete.empty());
}

// Files that change, locations that fail.

TEST_F(WriteBackup, files_that_changed_are_named_as_the_user_knows_them) {
  home_.file("config", "data/shrank", "abc", 10);
  home_.file("config", "data/grew", "abcdef", 3);
  home_.file("ssl", "broken", "ab", 5, true);
  (void)add_group(nullptr);
  const WriteReport report = write();
  ASSERT_EQ(report.incomplete.size(), 3u);
  EXPECT_EQ(report.incomplete[0].path, "config/shrank");
  EXPECT_THAT(report.incomplete[0].reason, testing::HasSubstr("shrank"));
  EXPECT_EQ(report.incomplete[1].path, "config/grew");
  EXPECT_THAT(report.incomplete[1].reason, testing::HasSubstr("grew"));
  EXPECT_EQ(report.incomplete[2].path, "ssl/broken");
  EXPECT_THAT(report.incomplete[2].reason, testing::HasSubstr("the disk is dying"));
}

TEST_F(WriteBackup, a_full_location_leaves_the_others_whole) {
  (void)add_group(key_of(3), kMiB);
  const MemoryObject& good = add_group(nullptr);
  (void)write();
  ASSERT_TRUE(groups_[0].failure);
  EXPECT_EQ(groups_[0].failure->kind(), ErrorKind::kNoSpace);
  EXPECT_FALSE(groups_[1].failure);
  EXPECT_EQ(table(good).members.size(), 3u);
  EXPECT_EQ(table(good).problem, "");
}

TEST_F(WriteBackup, when_every_location_is_full_the_first_error_is_thrown) {
  (void)add_group(nullptr, 100);
  (void)add_group(nullptr, 2000);
  try {
    (void)write();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNoSpace);
  }
  EXPECT_TRUE(groups_[0].failure && groups_[1].failure);
}

TEST_F(WriteBackup, a_part_that_is_not_there_ends_the_backup) {
  plan_.parts.push_back({"media", "media"});
  (void)add_group(nullptr);
  EXPECT_THROW((void)write(), Error);
}

TEST_F(WriteBackup, a_request_to_stop_is_seen_inside_a_large_file) {
  (void)add_group(nullptr);
  std::stop_source stop;
  on_write_ = [&](const WriteProgress& progress) {
    if (progress.bytes >= kMiB) (void)stop.request_stop();
  };
  try {
    (void)write(stop.get_token());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInterrupted);
  }
  EXPECT_FALSE(groups_[0].failure);
}

}  // namespace
}  // namespace backshelf
