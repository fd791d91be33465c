// A home, keys and archives in memory for the tests of the writing line.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine/archive/outer_table.h"
#include "engine/archive/tail_index.h"
#include "engine/archive/write_backup.h"
#include "engine/securetar/derive.h"
#include "engine/securetar/unsealed_source.h"
#include "engine/stream/adapters.h"
#include "tests/support/memory_location.h"

namespace backshelf {

inline constexpr std::size_t kMemberHeader = 1536;
inline constexpr std::size_t kNoise = 2 * kMiB + 17;  // more than one chunk, and no multiple of it
inline constexpr std::int64_t kDate = 1741064767;     // 2025-03-04T05:06:07+00:00

inline std::string noise(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 12345;
  for (char& c : text) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return text;
}

// What one file of a fake home is.
struct FakeFile {
  Entry entry;
  std::string content;
  bool fails = false;
  std::optional<FileStat> stat = std::nullopt;
  std::uint64_t read_bytes = 0;  // of all backups
};

class TextBody final : public BodySource {
 public:
  explicit TextBody(FakeFile& file) : file_(file) {}
  [[nodiscard]] std::size_t read(ByteSpan out) override {
    const std::size_t count = std::min(out.size(), file_.content.size() - at_);
    if (count == 0 && file_.fails) throw Error(ErrorKind::kIo, "read", "the disk is dying");
    std::copy_n(as_bytes(file_.content).begin() + static_cast<std::ptrdiff_t>(at_), count,
                out.begin());
    at_ += count;
    file_.read_bytes += count;
    return count;
  }
  [[nodiscard]] std::optional<FileStat> stat() const override { return file_.stat; }

 private:
  FakeFile& file_;
  std::size_t at_ = 0;
};

// A home of files given by the test.
class FakeHome final : public EntrySource {
 public:
  void file(const std::string& part, const std::string& path, const std::string& content,
            std::optional<std::uint64_t> claimed = std::nullopt, bool fails = false) {
    Entry entry;
    entry.path = path;
    entry.mode = 0640;
    entry.mtime = {kDate, 123456789};
    entry.size = claimed.value_or(content.size());
    parts_[part].push_back({.entry = entry, .content = content, .fails = fails});
  }
  void directory(const std::string& part, const std::string& path) {
    Entry entry;
    entry.type = EntryType::kDirectory;
    entry.path = path;
    entry.mode = 0750;
    parts_[part].push_back({.entry = entry, .content = {}});
  }
  void link(const std::string& part, const std::string& path, const std::string& target) {
    Entry entry;
    entry.type = EntryType::kHardlink;
    entry.path = path;
    entry.link_target = target;
    entry.mode = 0640;
    parts_[part].push_back({.entry = entry, .content = {}});
  }
  FakeFile& at(const std::string& part, const std::string& path) {
    for (FakeFile& file : parts_[part]) {
      if (file.entry.path == path) return file;
    }
    throw std::out_of_range(path);
  }
  void for_each(const std::string& part, const Visit& visit) override {
    if (!parts_.contains(part)) throw Error(ErrorKind::kNotFound, part, "it is not there");
    for (FakeFile& file : parts_[part]) {
      TextBody body(file);
      visit(file.entry, file.entry.type == EntryType::kFile ? &body : nullptr);
    }
  }
  [[nodiscard]] std::vector<Skipped> skipped() const override { return {}; }

 private:
  std::map<std::string, std::vector<FakeFile>> parts_;
};

inline std::shared_ptr<const SealKey> key_of(int version) {
  auto key = std::make_shared<SealKey>();
  key->version = version;
  key->root_salt.fill(std::byte{1});
  key->validation_salt.fill(std::byte{2});
  const ByteView password = as_bytes("ABCD-EFGH");
  key->secret = version == 3 ? v3_root_key(password, key->root_salt) : cbc_key(password);
  if (version == 3) {
    const SecretBytes check = v3_validation_key(key->secret.view(), key->validation_salt);
    std::copy(check.view().begin(), check.view().end(), key->validation_key.begin());
  }
  return key;
}

inline OpenedKey opened(const SealKey& key, const SealHeader& header) {
  OpenedKey open;
  open.key = key.version == 3 ? v3_stream_key(key.secret.view(), header.derivation_salt)
                              : key.secret.clone();
  if (key.version == 2) open.iv = cbc_iv(key.secret.view(), header.salt);
  return open;
}

class WriteBackup : public testing::Test {
 protected:
  WriteBackup() {
    plan_.level = Level::kFast;
    plan_.metadata.slug = "7c984efa";
    plan_.metadata.name = "Before update";
    plan_.metadata.date = "2025-03-04T05:06:07.891011+00:00";
    plan_.metadata.type = "partial";
    plan_.metadata.version = 2;
    plan_.metadata.supervisor_version = "2025.01.0";
    plan_.metadata.has_homeassistant = true;
    plan_.metadata.homeassistant_version = "2026.11.2";
    plan_.metadata.folders = {"ssl"};
    plan_.parts = {{"config", "homeassistant"}, {"ssl", "ssl"}};
    home_.directory("config", "data");
    home_.file("config", "data/configuration.yaml", "default_config:\n");
    home_.file("config", "data/noise.bin", noise(kNoise));
    home_.file("ssl", "privkey.pem", "key\n");
  }

  MemoryObject& add_group(std::shared_ptr<const SealKey> key, std::uint64_t limit = ~0ull) {
    auto store = std::make_shared<Guarded<MemoryStore>>();
    store->with([&](MemoryStore& s) { s.limit = limit; });
    objects_.push_back(std::make_unique<MemoryObject>(store));
    groups_.push_back({*objects_.back(), std::move(key)});
    return *objects_.back();
  }
  WriteReport write(std::stop_token stop = {}) {
    return write_backup(plan_, home_, groups_, pool_, on_write_, std::move(stop));
  }

  static OuterTable table(const MemoryObject& object) {
    return read_outer_table(MemorySource(object.bytes()));
  }
  static ByteVec member(const MemoryObject& object, const std::string& name) {
    for (const OuterMember& found : table(object).members) {
      if (found.name != name) continue;
      const auto from = object.bytes().begin() + static_cast<std::ptrdiff_t>(found.data_offset);
      return {from, from + static_cast<std::ptrdiff_t>(found.size)};
    }
    ADD_FAILURE() << "no member " << name;
    return {};
  }
  static ByteVec unsealed(const ByteVec& sealed, const SealKey& key) {
    const auto source = std::make_shared<MemorySource>(sealed);
    const SealHeader header = sniff(ByteView(sealed).first(std::min(kSniffBytes, sealed.size())));
    BlockCache cache(4 * kMiB);
    const auto plain =
        unseal(source, header, std::make_shared<OpenedKey>(opened(key, header)), cache);
    EXPECT_EQ(plain->end_state(), UnsealedSource::End::kSound) << plain->end_problem();
    return read_exactly(*plain, 0, plain->size(), "member");
  }
  // What stands before the index: that differs from group to group.
  static ByteVec main_part(const ByteVec& inner) {
    const auto index = read_tail_index(MemorySource(inner));
    if (!index) {
      ADD_FAILURE() << "it has no index";
      return inner;
    }
    return {inner.begin(), inner.begin() + static_cast<std::ptrdiff_t>(index->facts.main_bytes)};
  }
  static Metadata metadata(const MemoryObject& object) {
    return parse_metadata(member(object, "backup.json"));
  }

  WritePlan plan_;
  FakeHome home_;
  WorkerPool pool_{2};
  std::vector<std::unique_ptr<MemoryObject>> objects_;
  std::vector<SealGroup> groups_;
  OnWrite on_write_;
};

}  // namespace backshelf
