// Archives with an index in memory, opened and read as the mount does it.
#pragma once

#include <map>
#include <string>

#include "engine/archive/archive.h"
#include "engine/tar/raw_header.h"
#include "tests/engine/archive/write_fixture.h"

namespace backshelf {

using FileContents = std::map<std::string, std::string>;  // path to bytes, of all regular files

class OneKey final : public KeySource {
 public:
  explicit OneKey(std::shared_ptr<const SealKey> key) : key_(std::move(key)) {}
  [[nodiscard]] std::shared_ptr<const OpenedKey> open(const SealHeader& header,
                                                      ByteView /*start*/) override {
    const bool fits = header.format != SealFormat::kV3 || header.root_salt == key_->root_salt;
    if (!fits) throw Error(ErrorKind::kWrongKey, "open", "another key");
    return std::make_shared<OpenedKey>(opened(*key_, header));
  }
  [[nodiscard]] std::shared_ptr<const SealKey> seal_key(int /*version*/) override { return key_; }

 private:
  std::shared_ptr<const SealKey> key_;
};

class IndexedArchive : public WriteBackup {
 protected:
  IndexedArchive() {
    for (int i = 0; i < 40; ++i) {
      home_.file("config", concat("data/small/", i, ".yaml"),
                 std::string(100 + static_cast<std::size_t>(i), 'a'));
    }
    home_.file("config", "data/empty", "");
    std::string words;
    for (int i = 0; i < 40'000; ++i) words += concat("state ", i % 977, ";");
    home_.file("config", "data/words.log", words);
  }

  ByteVec archive(std::shared_ptr<const SealKey> key, Level level) {
    plan_.level = level;
    const MemoryObject& object = add_group(std::move(key));
    (void)write();
    EXPECT_FALSE(groups_.back().failure);
    groups_.clear();
    return object.bytes();
  }
  std::shared_ptr<Archive> open(ByteVec bytes, KeySource& keys, BlockCache& cache) {
    return Archive::open(std::make_shared<MemorySource>(std::move(bytes)), "x.tar",
                         {keys, cache, &pool_});
  }

  // What cannot be read is left out. False in `whole` when anything was.
  static void read_below(Archive& archive, FolderId id, const std::string& path,
                         FileContents& content, bool& whole) {
    try {
      const std::uint32_t count = archive.child_count(id);
      for (std::uint32_t i = 0; i < count; ++i) {
        const FolderChild child = archive.child(id, i);
        const std::string below = concat(path, "/", child.name);
        if (child.attr.type == EntryType::kDirectory) {
          read_below(archive, child.attr.id, below, content, whole);
        } else if (child.attr.type == EntryType::kFile && !child.attr.generated) {
          read_one(archive, child.attr, below, content, whole);
        }
      }
    } catch (const Error&) {
      whole = false;
    }
  }
  static void read_one(Archive& archive, const FolderAttr& attr, const std::string& path,
                       FileContents& content, bool& whole) {
    try {
      ByteVec bytes(static_cast<std::size_t>(attr.size));
      const std::size_t got = archive.read(attr.id, 0, bytes);
      content[path] = std::string(as_text(ByteView(bytes).first(got)));
    } catch (const Error&) {
      whole = false;
    }
  }
  static FileContents read_all(Archive& archive, bool& whole) {
    whole = true;
    archive.check();
    FileContents content;
    read_below(archive, Archive::kRoot, "", content, whole);
    return content;
  }
  // Of an archive that must be readable to its end, and sound.
  FileContents content_by(const ByteVec& bytes, std::shared_ptr<const SealKey> key) {
    OneKey keys(std::move(key));
    BlockCache cache(16 * kMiB);
    const auto archive = open(bytes, keys, cache);
    bool whole = false;
    FileContents content = read_all(*archive, whole);
    EXPECT_TRUE(whole) << archive->problem();
    archive->verify({}, {});
    EXPECT_EQ(archive->state(), State::kOk) << archive->problem();
    return content;
  }
  // Of the archive that the fixture makes, read by its index alone.
  static FileContents read_indexed(Archive& archive) {
    bool whole = false;
    FileContents content = read_all(archive, whole);
    EXPECT_TRUE(whole);
    EXPECT_TRUE(all_indexed(archive));
    EXPECT_EQ(content.size(), 45U);
    EXPECT_EQ(content.at("/config/noise.bin"), noise(kNoise));
    return content;
  }
  static bool all_indexed(const Archive& archive) {
    const auto members = archive.members();
    return std::all_of(members.begin(), members.end(),
                       [](const MemberInfo& info) { return info.indexed; });
  }
};

}  // namespace backshelf
