// Damage of every kind at many places: what is saved is right, what is not is named, and the result
// is sound.
#include "engine/archive/repair_archive.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/engine/archive/indexed_fixture.h"
#include "tests/support/kind_of.h"

namespace backshelf {
namespace {

class Repair : public IndexedArchive {
 protected:
  struct Result {
    ByteVec bytes;
    RepairReport report;
  };
  static std::size_t places() { return std::getenv("BACKSHELF_TEST_LONG") != nullptr ? 400 : 24; }

  Result repaired(const ByteVec& from, const std::shared_ptr<const SealKey>& key) {
    OneKey keys(key ? key : key_of(3));
    BlockCache cache(16 * kMiB);
    const auto archive = open(from, keys, cache);
    MemoryObject object(std::make_shared<Guarded<MemoryStore>>());
    const RepairPlan plan{"Repaired x", "2026-11-23T04:45:00.000000+00:00"};
    RepairReport report = archive->repair_to(plan, {object, pool_}, {}, {});
    return {object.bytes(), std::move(report)};
  }
  FileContents content_of(const ByteVec& bytes, const std::shared_ptr<const SealKey>& key) {
    FileContents content = content_by(bytes, key ? key : key_of(3));
    content.erase("/backup.json");
    return content;
  }
  static bool is_named(const RepairReport& report, const std::string& path) {
    return std::any_of(report.lost.begin(), report.lost.end(), [&](const LostEntry& lost) {
      return path == concat("/", lost.path) || path.starts_with(concat("/", lost.path, "/"));
    });
  }
  // Its whole part is gone, and with backup.json also that it was there: that is said.
  static bool is_part_unknown(const RepairReport& report, const FileContents& after,
                              const std::string& path) {
    const bool said = std::any_of(report.lost.begin(), report.lost.end(), [](const auto& lost) {
      return lost.path.starts_with("all behind ");
    });
    const std::string top = path.substr(0, path.find('/', 1) + 1);
    return said && std::none_of(after.begin(), after.end(),
                                [&](const auto& file) { return file.first.starts_with(top); });
  }
  // Returns how many files were saved.
  std::size_t expect_honest(const ByteVec& damaged, const FileContents& before,
                            const std::shared_ptr<const SealKey>& key) {
    Result result;
    try {
      result = repaired(damaged, key);
    } catch (const Error& error) {
      EXPECT_TRUE(error.kind() == ErrorKind::kDamaged || error.kind() == ErrorKind::kNotABackup)
          << error.what();
      return 0;
    }
    if (result.report.nothing_to_repair) return before.size();
    const FileContents after = content_of(result.bytes, key);
    for (const auto& [path, content] : after) {
      const auto known = before.find(path);
      EXPECT_NE(known, before.end()) << path;
      if (known != before.end()) EXPECT_EQ(content == known->second, true) << path;
    }
    for (const auto& [path, content] : before) {
      EXPECT_TRUE(after.contains(path) || is_named(result.report, path) ||
                  is_part_unknown(result.report, after, path))
          << path;
    }
    return after.size();
  }
};

TEST_F(Repair, WhatIsSoundIsLeftAlone) {
  for (const int version : {3, 2, 0}) {
    const auto key = version == 0 ? nullptr : key_of(version);
    const Result result = repaired(archive(key, Level::kBalanced), key);
    EXPECT_TRUE(result.report.nothing_to_repair);
    EXPECT_TRUE(result.report.lost.empty());
  }
}

TEST_F(Repair, AFlippedByteAnywhereCostsWhatItHitsAndNothingWrongIsSaved) {
  // Uncompressed tars without MACs carry no check of their content.
  for (const auto& [version, level] :
       {std::pair{3, Level::kBalanced}, {3, Level::kNone}, {2, Level::kFast}, {0, Level::kFast}}) {
    SCOPED_TRACE(concat("v", version, " level ", static_cast<int>(level)));
    const auto key = version == 0 ? nullptr : key_of(version);
    const ByteVec sound = archive(key, level);
    const FileContents before = content_of(sound, key);
    for (std::size_t i = 0; i < places(); ++i) {
      ByteVec damaged = sound;
      const std::size_t at = i * damaged.size() / places() + 777 % (damaged.size() / places());
      SCOPED_TRACE(at);
      damaged[at] ^= std::byte{0x10};
      (void)expect_honest(damaged, before, key);
    }
  }
}

TEST_F(Repair, ACutAnywhereLeavesWhatStandsBeforeIt) {
  for (const auto& [version, level] :
       {std::pair{3, Level::kBalanced}, {2, Level::kNone}, {0, Level::kFast}, {0, Level::kNone}}) {
    SCOPED_TRACE(concat("v", version, " level ", static_cast<int>(level)));
    const auto key = version == 0 ? nullptr : key_of(version);
    const ByteVec sound = archive(key, level);
    const FileContents before = content_of(sound, key);
    std::size_t fewest = 0;
    for (std::size_t i = 1; i < places(); ++i) {
      ByteVec damaged = sound;
      damaged.resize(i * damaged.size() / places() + 100);
      SCOPED_TRACE(damaged.size());
      const std::size_t saved = expect_honest(damaged, before, key);
      EXPECT_GE(saved, fewest) << "a longer rest holds no less";
      fewest = saved;
    }
    EXPECT_GT(fewest, 0U);
  }
}

TEST_F(Repair, WithItsIndexWhatLiesBehindTheDamageIsSavedToo) {
  const auto key = key_of(3);
  ByteVec damaged = archive(key, Level::kBalanced);
  const FileContents before = content_of(damaged, key);
  const OuterMember config = read_outer_table(MemorySource(damaged)).members.front();
  damaged[config.data_offset + config.size * 2 / 3] ^= std::byte{1};
  const Result result = repaired(damaged, key);
  const FileContents after = content_of(result.bytes, key);
  EXPECT_EQ(after.size() + result.report.lost.size(), before.size());
  EXPECT_GE(after.size() + 2, before.size());
  EXPECT_EQ(result.report.repacked, 1U);
  EXPECT_EQ(result.report.parts, 2U);
  for (const LostEntry& lost : result.report.lost) {
    EXPECT_EQ(lost.path.find("config/"), 0U) << lost.path;
    EXPECT_FALSE(lost.reason.empty());
  }
}

TEST_F(Repair, ALinkToALostFileIsLostAndSaysSo) {
  home_.file("share", "a/first.bin", std::string(3 * kMiB, 'x'));
  home_.link("share", "b/second.bin", "a/first.bin");
  home_.file("share", "c/after.txt", "after");
  plan_.parts.push_back({"share", "share"});
  plan_.metadata.folders.push_back("share");
  ByteVec damaged = archive(nullptr, Level::kNone);
  const FileContents before = content_of(damaged, nullptr);
  const auto at = as_text(damaged).find("xxxxxxxx");
  ASSERT_NE(at, std::string_view::npos);
  // A cut through the file's header: its content has no name any more, and the link no file.
  damaged[at - 300] ^= std::byte{0x40};
  const std::size_t saved = expect_honest(damaged, before, nullptr);
  EXPECT_EQ(saved + 2, before.size());
}

}  // namespace
}  // namespace backshelf
