// Members opened a second time from what the first pass left: the same tree, states and bytes.
#include "engine/archive/sidecar.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/archive/archive.h"
#include "tests/engine/archive/vectors.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

constexpr std::uint64_t kLimit = 64 * kMiB;
constexpr std::uint64_t kReadsOfAFile = 3;

std::string archive_path(const std::string& name) {
  return vector_path("archives/" + name);
}

std::vector<std::filesystem::path> files_in(const std::string& directory) {
  std::vector<std::filesystem::path> files;
  if (!std::filesystem::exists(directory)) return files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Counts what is read of an archive.
class SidecarSource final : public RandomSource {
 public:
  explicit SidecarSource(const std::string& path) : file_(path) {}
  [[nodiscard]] std::uint64_t size() const override { return file_.size(); }
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) const override {
    bytes += out.size();
    return file_.read_at(offset, out);
  }
  mutable std::uint64_t bytes = 0;

 private:
  FileSource file_;
};

struct OpenedTwice {
  OpenedTwice(const std::string& path, const Json& password, Sidecars* sidecars)
      : ring(ring_of(password)),
        source(std::make_shared<SidecarSource>(path)),
        archive(Archive::open(source, "a.tar",
                              {.keys = *ring, .cache = cache, .sidecars = sidecars})) {}
  BlockCache cache{8 * kMiB};
  std::shared_ptr<KeyRing> ring;
  std::shared_ptr<SidecarSource> source;
  std::shared_ptr<Archive> archive;
};

std::string content_of(Archive& archive, const FolderAttr& attr) {
  ByteVec piece(5000);
  std::string seen;
  for (std::uint64_t part = 0; part < kReadsOfAFile; ++part) {
    try {
      const std::uint64_t offset = attr.size / kReadsOfAFile * part;
      piece.resize(5000);
      piece.resize(archive.read(attr.id, offset, piece));
      seen += to_hex(sha256(piece));
    } catch (const Error& error) {
      seen += name_of(error.kind());
    }
  }
  return seen;
}

// Everything a user can see of the archive, as text.
std::string picture_of(Archive& archive) {
  std::string text;
  archive.check();
  walk_folder(archive, archive.attr(Archive::kRoot), "",
              [&](const std::string& path, const FolderAttr& attr) {
                text += concat(path, " ", int(attr.type), " ", attr.mode, " ", attr.uid, " ",
                               attr.gid, " ", attr.size, " ", attr.mtime.seconds, ".",
                               attr.mtime.nanoseconds, " ", attr.link_count, " ", attr.content_key);
                if (attr.type == EntryType::kSymlink) text += archive.link_target(attr.id);
                if (attr.type == EntryType::kFile) text += content_of(archive, attr);
                text += "\n";
              });
  for (const MemberInfo& member : archive.members()) {
    text += concat(member.member, " ", name_of(member.state), " ", member.authenticated, " ",
                   member.problem, "\n");
  }
  return text + std::string(name_of(archive.state())) + archive.problem();
}

TEST(Sidecar, EveryVectorLooksTheSameWhenOpenedAgain) {
  for (const Json& vector : load_manifest()) {
    SCOPED_TRACE(text_of(vector, "file"));
    const TempDirectory files;
    Sidecars sidecars(files.path("s"), kLimit, null_log());
    const std::string path = archive_path(text_of(vector, "file"));
    const Json& password = vector["password"];
    const std::string without = picture_of(*OpenedTwice(path, password, nullptr).archive);
    EXPECT_EQ(picture_of(*OpenedTwice(path, password, &sidecars).archive), without) << "first time";
    EXPECT_EQ(picture_of(*OpenedTwice(path, password, &sidecars).archive), without)
        << "second time";
  }
}

// An archive of several chunks, with a folder for sidecars, and what is seen without one.
class SidecarOf : public testing::Test {
 protected:
  void use(const std::string& name) {
    std::filesystem::copy_file(archive_path(name), path_,
                               std::filesystem::copy_options::overwrite_existing);
    for (const Json& vector : load_manifest()) {
      if (text_of(vector, "file") == name) password_ = vector["password"];
    }
    picture_ = picture_of(*OpenedTwice(path_, password_, nullptr).archive);
  }
  std::string picture() { return picture_of(*OpenedTwice(path_, password_, &sidecars_).archive); }
  [[nodiscard]] std::vector<std::filesystem::path> kept() const { return files_in(directory_); }
  // The only sidecar there is.
  [[nodiscard]] std::string sidecar() const {
    const auto all = kept();
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? std::string() : all.front().string();
  }
  static void flip(const std::string& path, std::uint64_t at) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const int byte = file.get();
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(byte ^ 0x10));
  }

  TempDirectory files_;
  std::string path_ = files_.path("archive.tar"), directory_ = files_.path("s");
  Json password_;
  std::string picture_;
  Sidecars sidecars_{directory_, kLimit, null_log()};
};

TEST_F(SidecarOf, SparesTheSecondPass) {
  use("chunks_v3_00_intact.tar");
  const auto bytes_read = [&] {
    OpenedTwice opened(path_, password_, &sidecars_);
    opened.archive->check();
    const std::uint64_t before = opened.source->bytes;
    walk_folder(*opened.archive, opened.archive->attr(Archive::kRoot), "",
                [](const std::string&, const FolderAttr&) {});
    return opened.source->bytes - before;
  };
  EXPECT_GT(bytes_read(), 500'000U);
  EXPECT_LT(bytes_read(), 1000U);
}

TEST_F(SidecarOf, IsForItsOwnerOnlyAndHidesNames) {
  use("v3_gz_basic.tar");
  EXPECT_EQ(picture(), picture_);
  EXPECT_EQ(std::filesystem::status(directory_).permissions(), std::filesystem::perms::owner_all);
  ASSERT_FALSE(kept().empty());
  for (const auto& file : kept()) {
    EXPECT_EQ(std::filesystem::status(file).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    const std::string bytes = files_.read("s/" + file.filename().string());
    EXPECT_EQ(bytes.find("configuration"), std::string::npos);
  }
}

TEST_F(SidecarOf, ThatWasChangedOrCutIsMadeAnew) {
  use("chunks_v3_00_intact.tar");
  EXPECT_EQ(picture(), picture_);
  const std::string file = sidecar();
  const std::uint64_t size = std::filesystem::file_size(file);
  for (std::uint64_t at = 0; at < size; at += at < 180 ? 19 : size / 9) {
    flip(file, at);
    ASSERT_EQ(picture(), picture_) << at;
    std::filesystem::resize_file(file, at);
    ASSERT_EQ(picture(), picture_) << at;
  }
  EXPECT_EQ(std::filesystem::file_size(sidecar()), size);
}

// All v2 members of one password share a key: only the binding tells their sidecars apart.
TEST_F(SidecarOf, AnotherArchiveIsNotUsed) {
  use("v2_gz_basic.tar");
  EXPECT_EQ(picture(), picture_);
  const auto of_one = kept();
  ASSERT_FALSE(of_one.empty());
  use("v2_gz_residues.tar");
  EXPECT_EQ(picture(), picture_);
  for (const auto& file : kept()) {
    if (std::find(of_one.begin(), of_one.end(), file) != of_one.end()) continue;
    std::filesystem::copy_file(of_one.front(), file,
                               std::filesystem::copy_options::overwrite_existing);
  }
  EXPECT_EQ(picture(), picture_);
}

// Of formats without MACs only size and ends are compared: what changed between is found by reads.
TEST_F(SidecarOf, AnArchiveThatWasDamagedSinceGivesNoWrongByte) {
  use("v2_gz_basic.tar");
  EXPECT_EQ(picture(), picture_);
  const std::uint64_t size = std::filesystem::file_size(path_);
  for (std::uint64_t at = 2048; at < size; at += size / 23) {
    std::map<std::string, ByteVec> right;
    const auto read_into = [&](std::map<std::string, ByteVec>& all) {
      OpenedTwice opened(path_, password_, &sidecars_);
      opened.archive->check();
      walk_folder(*opened.archive, opened.archive->attr(Archive::kRoot), "",
                  [&](const std::string& path, const FolderAttr& attr) {
                    if (attr.type != EntryType::kFile || attr.id.slot == 0) return;
                    try {
                      all[path] = read_all(*opened.archive, attr, 4093);
                    } catch (const Error&) {  // guard: an error is no wrong byte
                    }
                  });
    };
    read_into(right);
    flip(path_, at);
    std::map<std::string, ByteVec> now;
    read_into(now);
    for (const auto& [path, content] : now) EXPECT_EQ(content, right[path]) << path << " " << at;
    flip(path_, at);
  }
}

TEST_F(SidecarOf, VerifyingReadsTheArchiveAllTheSame) {
  use("v2_gz_basic.tar");
  EXPECT_EQ(picture(), picture_);
  flip(path_, std::filesystem::file_size(path_) / 3);
  const OpenedTwice opened(path_, password_, &sidecars_);
  opened.archive->verify({}, {});
  EXPECT_NE(opened.archive->state(), State::kOk);
}

}  // namespace
}  // namespace backshelf
