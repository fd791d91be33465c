// Archives of Level::kZstd: written, hidden from Home Assistant, read by index and without one.
#include <gtest/gtest.h>

#include "engine/archive/index_footer.h"
#include "engine/crypto/hash.h"
#include "engine/zstd/zstd_pass.h"
#include "tests/engine/archive/index_fixture.h"
#include "tests/engine/archive/indexed_fixture.h"

namespace backshelf {
namespace {

class ZstdArchive : public IndexedArchive {
 protected:
  ZstdArchive() { plan_.level = Level::kZstd; }
  ByteVec zstd_archive(int version) {
    return archive(version == 0 ? nullptr : key_of(version), Level::kZstd);
  }
  FileContents content_of(const ByteVec& bytes, int version, State state = State::kOk) {
    OneKey keys(key_of(version == 2 ? 2 : 3));
    BlockCache cache(16 * kMiB);
    const auto opened = open(bytes, keys, cache);
    bool whole = false;
    FileContents content = read_all(*opened, whole);
    EXPECT_EQ(whole, state == State::kOk) << opened->problem();
    EXPECT_EQ(opened->state(), state) << opened->problem();
    return content;
  }
  // The member's bytes where they lie in the archive.
  static ByteSpan span_of(ByteVec& bytes, const std::string& name) {
    for (const OuterMember& found : read_outer_table(MemorySource(bytes)).members) {
      if (found.name == name) return ByteSpan(bytes).subspan(found.data_offset, found.size);
    }
    ADD_FAILURE() << "no member " << name;
    return {};
  }
};

TEST_F(ZstdArchive, EachKindIsReadByItsIndexAndVerifies) {
  for (const int version : {3, 2, 0}) {
    SCOPED_TRACE(version);
    OneKey keys(key_of(version == 2 ? 2 : 3));
    BlockCache cache(16 * kMiB);
    const auto opened = open(zstd_archive(version), keys, cache);
    (void)read_indexed(*opened);
    opened->verify({}, {});
    EXPECT_EQ(opened->state(), State::kOk) << opened->problem();
    for (const MemberInfo& member : opened->members()) {
      EXPECT_TRUE(member.zstd && !member.gzip && member.authenticated) << member.member;
      EXPECT_TRUE(member.member.ends_with(".tar.zst"));
    }
  }
}

TEST_F(ZstdArchive, HomeAssistantFindsNoMetadataInIt) {
  const ByteVec bytes = zstd_archive(3);
  const std::string_view text = as_text(bytes);
  EXPECT_EQ(text.find("./backup.json"), std::string_view::npos);
  OneKey keys(key_of(3));
  BlockCache cache(kMiB);
  const auto opened = open(bytes, keys, cache);
  ASSERT_NE(opened->metadata(), nullptr);
  EXPECT_EQ(opened->metadata()->version, 3);
  EXPECT_EQ(opened->metadata()->slug, "7c984efa");
  EXPECT_TRUE(opened->metadata()->compressed);
}

TEST_F(ZstdArchive, AnyReaderOfZstdGetsTheTarAndSkipsTheIndex) {
  ByteVec bytes = zstd_archive(0);
  const ByteSpan member = span_of(bytes, "homeassistant.tar.zst");
  ZstdPass pass(std::make_shared<MemorySource>(ByteVec(member.begin(), member.end())));
  const ZstdPass::Finished finished = pass.finish();
  EXPECT_EQ(finished.result.end, ZstdResult::End::kSound) << finished.result.problem;
  EXPECT_TRUE(finished.result.all_checked);
  const auto index = read_tail_index(MemorySource(ByteVec(member.begin(), member.end())));
  ASSERT_TRUE(index);
  EXPECT_EQ(finished.result.plain_bytes, index->facts.tar_bytes);
}

TEST_F(ZstdArchive, WithoutItsIndexItIsReadByAPass) {
  ByteVec bytes = zstd_archive(0);
  const FileContents all = content_of(bytes, 0);
  const ByteSpan member = span_of(bytes, "homeassistant.tar.zst");
  member[member.size() - 1] ^= std::byte{1};  // the hash of the footer
  EXPECT_EQ(content_of(bytes, 0), all);
}

TEST_F(ZstdArchive, ACutOneShowsWhatIsThere) {
  for (const int version : {3, 0}) {
    SCOPED_TRACE(version);
    const ByteVec bytes = zstd_archive(version);
    const FileContents all = content_of(bytes, version);
    ByteVec cut = bytes;
    cut.resize(bytes.size() * 2 / 3);
    const FileContents found = content_of(cut, version, State::kArchiveTruncated);
    EXPECT_TRUE(found.contains("/config/configuration.yaml"));
    EXPECT_LT(found.size(), all.size());
    for (const auto& [path, content] : found) EXPECT_EQ(content, all.at(path)) << path;
  }
}

TEST_F(ZstdArchive, DamageIsFoundAndTakesOneSegmentOnly) {
  ByteVec bytes = zstd_archive(0);
  const FileContents all = content_of(bytes, 0);
  const ByteSpan member = span_of(bytes, "homeassistant.tar.zst");
  member[member.size() / 2] ^= std::byte{1};  // in the noise
  const FileContents found = content_of(bytes, 0, State::kDamaged);
  EXPECT_EQ(found.size(), all.size() - 1);
  EXPECT_FALSE(found.contains("/config/noise.bin"));
  OneKey keys(key_of(3));
  BlockCache cache(kMiB);
  const auto opened = open(bytes, keys, cache);
  opened->verify({}, {});
  EXPECT_EQ(opened->state(), State::kDamaged);
}

TEST_F(ZstdArchive, SegmentsAreTakenOverByTheSameCompressionAlone) {
  OneKey keys(key_of(3));
  BlockCache cache(16 * kMiB);
  const auto gzip = open(archive(key_of(3), Level::kBalanced), keys, cache);
  const auto zstd = open(zstd_archive(3), keys, cache);
  gzip->check();
  zstd->check();
  EXPECT_EQ(gzip->segments_for(Level::kZstd), nullptr);
  EXPECT_EQ(zstd->segments_for(Level::kBalanced), nullptr);
  const auto segments = zstd->segments_for(Level::kZstd);
  ASSERT_NE(segments, nullptr);
  const ByteVec fresh = zstd_archive(0);
  plan_.earlier = segments.get();
  EXPECT_TRUE(zstd_archive(0) == fresh) << "spliced segments are those that would be made";
}

TEST(ZstdIndex, FramesOfBothKindsAreKeptApart) {
  Footer footer;
  footer.gzip = false;
  footer.zstd = true;
  const ByteVec index(kHashedFooterBytes + 70'000, std::byte{7});
  const ByteVec frames = print_frames(footer, index);
  EXPECT_EQ(frames.size(), framed_bytes(70'000, true) + kZstdFootFrameBytes);
  const ByteView last = ByteView(frames).last(kZstdFootFrameBytes);
  const auto found = parse_footer(last);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->fields.zstd);
  EXPECT_EQ(parse_frames(*found, ByteView(frames).first(frames.size() - last.size())),
            ByteVec(70'000, std::byte{7}));
  EXPECT_FALSE(parse_footer(ByteView(frames).last(kFootFrameBytes)));
  footer.zstd = false;  // the flag and the kind of frame must agree
  ByteVec lying(last.begin(), last.end());
  lying[12 + 12] ^= std::byte{8};
  EXPECT_FALSE(parse_footer(lying));
}

}  // namespace
}  // namespace backshelf
