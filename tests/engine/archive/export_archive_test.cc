// New archives of old ones: every kind becomes one that Home Assistant restores, and nothing of it
// is lost that was not to be left out.
#include "engine/archive/export_archive.h"

#include <gtest/gtest.h>

#include "tests/engine/archive/indexed_fixture.h"
#include "tests/support/kind_of.h"

namespace backshelf {
namespace {

class Export : public IndexedArchive {
 protected:
  struct Result {
    ByteVec bytes;
    ExportReport report;
  };
  Result exported(const ByteVec& from, int version, const ExportPlan& plan = {}) {
    OneKey keys(key_of(version == 2 ? 2 : 3));
    BlockCache cache(16 * kMiB);
    const auto archive = open(from, keys, cache);
    archive->check();
    MemoryObject object(std::make_shared<Guarded<MemoryStore>>());
    const ExportReport report = archive->export_to(plan, {object, pool_}, on_pass_, stop_);
    return {object.bytes(), report};
  }
  FileContents content_of(const ByteVec& bytes, int version) {
    return content_by(bytes, key_of(version == 2 ? 2 : 3));
  }
  static std::vector<std::string> names_of(const ByteVec& bytes) {
    std::vector<std::string> names;
    for (const OuterMember& member : read_outer_table(MemorySource(bytes)).members) {
      names.push_back(member.name);
    }
    return names;
  }
  static Metadata metadata_of_bytes(const ByteVec& bytes) {
    const OuterMember last = read_outer_table(MemorySource(bytes)).members.back();
    EXPECT_EQ(last.name, "backup.json");
    EXPECT_NE(as_text(bytes).find(std::string_view("./backup.json\0", 14)), std::string_view::npos);
    return parse_metadata(ByteView(bytes).subspan(last.data_offset, last.size));
  }

  OnPass on_pass_;
  std::stop_token stop_;
};

TEST_F(Export, EveryKindBecomesOneThatHoldsTheSame) {
  for (const int version : {3, 2, 0}) {
    for (const Level level : {Level::kZstd, Level::kBalanced, Level::kNone}) {
      SCOPED_TRACE(concat(version, " ", static_cast<int>(level)));
      const ByteVec from = archive(version == 0 ? nullptr : key_of(version), level);
      const FileContents before = content_of(from, version);
      const Result to = exported(from, version);
      EXPECT_EQ(content_of(to.bytes, version), before);
      EXPECT_EQ(to.report.parts, 2U);
      EXPECT_EQ(to.report.repacked, level == Level::kZstd ? 2U : 0U);
      const Metadata metadata = metadata_of_bytes(to.bytes);
      EXPECT_EQ(metadata.version, 2);
      EXPECT_EQ(metadata.slug, "7c984efa");
      EXPECT_EQ(metadata.protected_flag, version != 0);
      EXPECT_EQ(metadata.compressed, level != Level::kNone);
      EXPECT_EQ(names_of(to.bytes).front(),
                level == Level::kNone ? "homeassistant.tar" : "homeassistant.tar.gz");
    }
  }
}

TEST_F(Export, WhatIsCopiedHasItsIndexAndHintAgain) {
  const Result to = exported(archive(key_of(3), Level::kBalanced), 3);
  OneKey keys(key_of(3));
  BlockCache cache(16 * kMiB);
  const auto copy = open(to.bytes, keys, cache);
  bool whole = false;
  (void)read_all(*copy, whole);
  EXPECT_TRUE(all_indexed(*copy));
  const auto names = names_of(to.bytes);
  EXPECT_NE(std::find(names.begin(), names.end(), ".seek.v1"), names.end());
}

TEST_F(Export, IsDecryptedOrSealedAnewOnRequest) {
  const ByteVec from = archive(key_of(3), Level::kFast);
  const FileContents before = content_of(from, 3);
  const Result plain = exported(from, 3, {.decrypt = true});
  EXPECT_FALSE(metadata_of_bytes(plain.bytes).protected_flag);
  EXPECT_EQ(content_of(plain.bytes, 0), before);
  OneKey other(key_of(2));
  const Result sealed = exported(plain.bytes, 0, {.new_keys = &other, .securetar = 2});
  EXPECT_TRUE(metadata_of_bytes(sealed.bytes).protected_flag);
  EXPECT_EQ(content_of(sealed.bytes, 2), before);
  EXPECT_EQ(kind_of([&] { (void)exported(plain.bytes, 0, {.securetar = 3}); }), ErrorKind::kUsage);
}

// One member of the archive is replaced by that of another one.
ByteVec with_member_of(const ByteVec& archive, const ByteVec& other, const std::string& name) {
  MemorySink out;
  const OuterTable theirs = read_outer_table(MemorySource(other));
  for (const OuterMember& own : read_outer_table(MemorySource(archive)).members) {
    ByteView data = ByteView(archive).subspan(own.data_offset, own.size);
    for (const OuterMember& one : theirs.members) {
      if (one.name == name && own.name == name) {
        data = ByteView(other).subspan(one.data_offset, one.size);
      }
    }
    out.write(make_plain_header({concat("./", own.name), data.size(), kDate, 0}));
    out.write(data);
    out.write(ByteVec((kTarBlock - data.size() % kTarBlock) % kTarBlock));
  }
  out.write(ByteVec(2 * kTarBlock));
  return out.take();
}

TEST_F(Export, APartThatAnybodyMayHavePutThereIsNotSealedWithTheOthers) {
  const ByteVec sealed = archive(key_of(3), Level::kBalanced);
  const ByteVec mixed = with_member_of(sealed, archive(nullptr, Level::kBalanced), "ssl.tar.gz");
  EXPECT_EQ(kind_of([&] { (void)exported(mixed, 3); }), ErrorKind::kUsage);
  OneKey other(key_of(3));
  EXPECT_EQ(kind_of([&] { (void)exported(mixed, 3, {.new_keys = &other}); }), ErrorKind::kUsage);
  EXPECT_EQ(content_of(exported(mixed, 3, {.decrypt = true}).bytes, 0), content_of(sealed, 3));
}

TEST_F(Export, LeavesOutWhatIsAskedAndNothingElse) {
  const ByteVec from = archive(key_of(3), Level::kBalanced);
  const Result to = exported(from, 3,
                             {.leaves_out =
                                  [](const std::string& path) {
                                    return path == "config/noise.bin" || path == "config/small";
                                  },
                              .without_database = true});
  FileContents wanted = content_of(from, 3);
  std::erase_if(wanted, [](const auto& file) {
    return file.first == "/config/noise.bin" || file.first.starts_with("/config/small/");
  });
  EXPECT_EQ(content_of(to.bytes, 3), wanted);
  EXPECT_EQ(to.report.repacked, 1U) << "the other part is copied as it is";
  EXPECT_EQ(to.report.left_out, 41U);
  EXPECT_TRUE(metadata_of_bytes(to.bytes).exclude_database);
}

TEST_F(Export, AHardLinkKeepsTheFileThatIsLeftOut) {
  const ByteVec from = archive(nullptr, Level::kNone);
  MemorySink tar;
  const auto block = [&](const std::string& path, char type, const std::string& link,
                         const std::string& body) {
    std::string header(512, '\0');
    header.replace(0, path.size(), path);
    header.replace(100, 8, std::string("0000644\0", 8));
    char size[13];
    std::snprintf(size, sizeof size, "%011o", static_cast<unsigned>(body.size()));
    header.replace(124, 12, std::string(size, 12));
    header.replace(136, 12, std::string("14000000000\0", 12));
    header[156] = type;
    header.replace(157, link.size(), link);
    header.replace(257, 8,
                   std::string("ustar\0"
                               "00",
                               8));
    header.replace(148, 8, "        ");
    unsigned sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    char text[8];
    std::snprintf(text, sizeof text, "%06o", sum);
    header.replace(148, 8, std::string(text, 7) + " ");
    tar.write(as_bytes(header));
    if (!body.empty()) tar.write(as_bytes(body + std::string(512 - body.size(), '\0')));
  };
  block("first", '0', "", "what all names share");
  block("second", '1', "first", "");
  block("third", '1', "first", "");
  tar.write(ByteVec(1024));
  MemorySink out;
  const auto put = [&](const std::string& name, ByteView content) {
    out.write(make_plain_header({name, content.size(), kDate, 0}));
    out.write(content);
    out.write(ByteVec((kTarBlock - content.size() % kTarBlock) % kTarBlock));
  };
  put("./share.tar", tar.bytes());
  put("./backup.json",
      as_bytes(R"({"slug":"7c984efa","name":"n","date":"2025-03-04T05:06:07+00:00",)"
               R"("type":"partial","version":2,"compressed":false,)"
               R"("folders":["share"],"later":{"x":[1]}})"));
  out.write(ByteVec(1024));
  const Result to =
      exported(out.bytes(), 0,
               {.leaves_out = [](const std::string& path) { return path == "share/first"; }});
  EXPECT_EQ(content_of(to.bytes, 0), (FileContents{{"/share/second", "what all names share"},
                                                   {"/share/third", "what all names share"}}));
  const Metadata metadata = metadata_of_bytes(to.bytes);
  EXPECT_EQ(print_json(metadata.raw["later"]), R"({"x":[1]})") << "what is not known is kept";
}

TEST_F(Export, OfADamagedArchiveNothingIsMade) {
  for (const int version : {3, 0}) {
    ByteVec bytes = archive(version == 0 ? nullptr : key_of(3), Level::kBalanced);
    const OuterMember first = read_outer_table(MemorySource(bytes)).members.front();
    bytes[first.data_offset + first.size / 2] ^= std::byte{1};
    EXPECT_EQ(kind_of([&] { (void)exported(bytes, version); }), ErrorKind::kDamaged);
    bytes.resize(first.data_offset + first.size / 2);
    EXPECT_EQ(kind_of([&] { (void)exported(bytes, version); }), ErrorKind::kTruncated);
  }
}

TEST_F(Export, TellsHowFarItIsAndStops) {
  const ByteVec from = archive(key_of(3), Level::kZstd);
  std::uint64_t last = 0, total = 0;
  on_pass_ = [&](const PassProgress& pass) {
    EXPECT_GE(pass.done_bytes, last);
    last = pass.done_bytes;
    total = pass.total_bytes;
  };
  (void)exported(from, 3);
  EXPECT_GT(last, total / 2);
  EXPECT_LE(last, total);
  std::stop_source stop;
  stop_ = stop.get_token();
  on_pass_ = [&](const PassProgress& pass) {
    if (pass.done_bytes > pass.total_bytes / 2) stop.request_stop();
  };
  EXPECT_EQ(kind_of([&] { (void)exported(from, 3); }), ErrorKind::kInterrupted);
}

}  // namespace
}  // namespace backshelf
