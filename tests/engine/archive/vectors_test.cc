#include "tests/engine/archive/vectors.h"

#include <gtest/gtest.h>

namespace backshelf {
namespace {

constexpr std::int64_t kHuge = std::int64_t{1} << 30;  // larger files are looked at, not read
constexpr std::size_t kOddStep = 4093;
const std::set<std::string> kMayBeAbsent = {"hidden_or_sanitized",
                                            "hidden_or_eio",
                                            "literal_or_hidden",
                                            "eio_or_absent",
                                            "ok_or_eio_or_absent",
                                            "unrepresentable",
                                            "any",
                                            "deep"};
const std::set<std::string> kMayFail = {"eio",           "eio_or_absent",       "ok_or_eio", "any",
                                        "hidden_or_eio", "ok_or_eio_or_absent", "may_differ"};
const std::map<std::string, EntryType> kTypes = {{"file", EntryType::kFile},
                                                 {"dir", EntryType::kDirectory},
                                                 {"symlink", EntryType::kSymlink},
                                                 {"hardlink", EntryType::kFile},
                                                 {"fifo", EntryType::kFifo}};

std::string decode_base64(const std::string& text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned value = 0;
  int bits = 0;
  for (const char c : text) {
    if (c == '=') break;
    value = value << 6 | static_cast<unsigned>(kDigits.find(c));
    bits += 6;
    if (bits >= 8) bytes += static_cast<char>(value >> (bits -= 8) & 0xFF);
  }
  return bytes;
}

std::string member_name(const Json& inner) {
  const std::string name = text_of(inner, "member");
  return name.starts_with("./") ? name.substr(2) : name;
}

class Vectors : public testing::TestWithParam<Json> {
 protected:
  [[nodiscard]] std::string path() const {
    return vector_path("archives/" + text_of(GetParam(), "file"));
  }
  [[nodiscard]] OpenVector open() const { return OpenVector(path(), GetParam()["password"]); }

  // Each try of a wrong key costs a derivation: one archive of each kind will do.
  [[nodiscard]] bool is_for_wrong_keys() const {
    const std::string file = text_of(GetParam(), "file");
    return file.find("basic") != std::string::npos || file.starts_with("v1_");
  }

  void expect_states(const Archive& archive, const std::string& when) {
    SCOPED_TRACE(when);
    std::map<std::string, MemberInfo> members;
    State worst = State::kOk;
    for (const MemberInfo& member : archive.members()) {
      members[member.member] = member;
      worst = worse(worst, member.state);
    }
    EXPECT_EQ(members.size(), GetParam()["inner"].items().size());
    for (const Json& inner : GetParam()["inner"].items()) {
      const MemberInfo& member = members[member_name(inner)];
      SCOPED_TRACE(concat(member_name(inner), ": ", name_of(member.state), " ", member.problem));
      EXPECT_EQ(states_of(inner).count(std::string(name_of(member.state))), 1U);
      EXPECT_TRUE(text_of(inner, "expect") != "ok" || member.problem.empty());
      EXPECT_TRUE(member.state == State::kOk || !member.problem.empty());
    }
    std::set<std::string> allowed = states_of(GetParam());
    if (allowed.erase("ok") != 0) allowed.insert(std::string(name_of(worst)));
    EXPECT_EQ(allowed.count(std::string(name_of(archive.state()))), 1U)
        << name_of(archive.state()) << " " << archive.problem();
  }

  // Where the entry stands below the backup's folder; none: not as a path of its own.
  [[nodiscard]] std::optional<std::string> folder_path(const Json& inner, const std::string& folder,
                                                       const Json& entry) const {
    const std::string path =
        entry.has("path_b64") ? decode_base64(text_of(entry, "path_b64")) : text_of(entry, "path");
    const bool v2_config =
        text_of(inner, "stem") == "homeassistant" && GetParam()["meta"]["version"].int_or(1) == 2;
    if (!v2_config) return path.empty() ? folder : concat(folder, "/", path);
    if (path == "homeassistant.json") return path;
    if (path == "data") return folder;
    if (!path.starts_with("data/")) return std::nullopt;
    return concat(folder, path.substr(4));
  }

  static void expect_attributes(Archive& archive, const FolderAttr& attr, const Json& entry) {
    if (attr.type == EntryType::kSymlink) {
      EXPECT_EQ(archive.link_target(attr.id), text_of(entry, "target"));
    }
    if (!entry.has("mode")) return;
    EXPECT_EQ(attr.mode, entry["mode"].int_or(0) & 0777);
    if (text_of(entry, "type") == "hardlink") return;
    const std::int64_t ns = entry["mtime_ns"].int_or(0);
    EXPECT_EQ(attr.mtime.seconds * 1'000'000'000 + attr.mtime.nanoseconds, ns);
    EXPECT_EQ(attr.uid, entry["uid"].int_or(-1));
    EXPECT_EQ(attr.gid, entry["gid"].int_or(-1));
  }

  static void expect_content(Archive& archive, const FolderAttr& attr, const Json& entry) {
    EXPECT_EQ(static_cast<std::int64_t>(attr.size), entry["size"].int_or(-1));
    if (entry["size"].int_or(0) > kHuge) {
      ByteVec end(8192);
      ASSERT_EQ(archive.read(attr.id, attr.size - 4096, end), 4096U);
      EXPECT_EQ(std::string(as_text(ByteView(end).first(4096))), std::string(4096, 'E'));
      ASSERT_EQ(archive.read(attr.id, attr.size / 2, end), end.size());
      EXPECT_TRUE(
          std::all_of(end.begin(), end.end(), [](std::byte b) { return b == std::byte{}; }));
      return;
    }
    const std::string outcome = text_of(entry, "expect");
    try {
      const ByteVec content = read_all(archive, attr, kOddStep);
      EXPECT_EQ(to_hex(sha256(content)), text_of(entry, "sha256")) << "wrong bytes";
    } catch (const Error& error) {
      EXPECT_EQ(kMayFail.count(outcome), 1U) << error.what();
    }
  }

  void expect_entry(Archive& archive, const Json& inner, const std::string& folder,
                    const Json& entry) {
    const auto path = folder_path(inner, folder, entry);
    if (!path) return;
    SCOPED_TRACE(*path);
    const std::string outcome = text_of(entry, "expect");
    const bool member_ok = text_of(inner, "expect").starts_with("ok");
    std::optional<FolderAttr> attr;
    try {
      const auto checked = RelPath::parse(*path);
      if (checked) attr = archive.find(*checked);
    } catch (const Error& error) {
      EXPECT_TRUE(!member_ok || kMayFail.count(outcome) == 1) << error.what();
      return;
    }
    if (!attr) {
      EXPECT_TRUE(!member_ok || kMayBeAbsent.count(outcome) == 1 || entry.has("implicit"))
          << "absent";
      return;
    }
    if (outcome == "any" || outcome == "hidden_or_sanitized" || outcome == "literal_or_hidden" ||
        outcome == "unrepresentable") {
      return;
    }
    const std::string type =
        entry.has("type_seen") ? text_of(entry, "type_seen") : text_of(entry, "type");
    EXPECT_EQ(attr->type, kTypes.at(type));
    if (outcome.empty() || outcome == "deep") expect_attributes(archive, *attr, entry);
    if (attr->type == EntryType::kFile && entry.has("size")) expect_content(archive, *attr, entry);
    if (outcome == "hidden_or_eio") {
      ByteVec byte(1);
      EXPECT_THROW((void)archive.read(attr->id, 0, byte), Error);
    }
  }
};

TEST_P(Vectors, gives_every_entry_its_manifest_lists) {
  OpenVector vector = open();
  Archive& archive = *vector.archive;
  archive.check();
  std::map<std::string, std::string> folders;
  for (const MemberInfo& member : archive.members()) folders[member.member] = member.folder;
  for (const Json& inner : GetParam()["inner"].items()) {
    for (const Json& entry : inner["entries"].items()) {
      expect_entry(archive, inner, folders[member_name(inner)], entry);
    }
  }
}

TEST_P(Vectors, has_the_states_its_manifest_allows) {
  OpenVector vector = open();
  vector.archive->verify({}, {});
  expect_states(*vector.archive, "after verifying");
  OpenVector browsed = open();
  walk_folder(*browsed.archive, browsed.archive->attr(Archive::kRoot), "",
              [](const std::string&, const FolderAttr&) {});
  browsed.archive->verify({}, {});
  expect_states(*browsed.archive, "after browsing and verifying");
}

TEST_P(Vectors, shows_no_entry_that_its_manifest_does_not_know) {
  for (const Json& inner : GetParam()["inner"].items()) {
    // Behind damage more may be found than is listed; what it must be is tested above.
    if (!text_of(inner, "expect").starts_with("ok")) {
      GTEST_SKIP() << "the manifest lists only a part of what is behind damage";
    }
  }
  OpenVector vector = open();
  std::set<std::string> known = {"/backup.json", "/snapshot.json", "/PROBLEM.txt", "/apps",
                                 "/homeassistant.json"};
  std::map<std::string, std::string> folders;
  for (const MemberInfo& member : vector.archive->members()) {
    folders[member.member] = member.folder;
    known.insert("/" + member.folder);
  }
  for (const Json& inner : GetParam()["inner"].items()) {
    for (const Json& entry : inner["entries"].items()) {
      const auto path = folder_path(inner, folders[member_name(inner)], entry);
      const auto checked = path ? RelPath::parse(*path) : std::nullopt;
      if (checked) known.insert("/" + checked->text());
    }
  }
  walk_folder(*vector.archive, vector.archive->attr(Archive::kRoot), "",
              [&](const std::string& path, const FolderAttr&) {
                EXPECT_EQ(known.count(path), 1U) << path;
              });
}

TEST_P(Vectors, shows_nothing_of_an_encrypted_member_without_the_right_key) {
  for (const Json& password : {Json(), Json("NOPE")}) {
    if (!password.is_null() && !is_for_wrong_keys()) continue;
    OpenVector vector(path(), password);
    vector.archive->check();
    for (const MemberInfo& member : vector.archive->members()) {
      if (!member.securetar || member.state == State::kTruncated ||
          member.state == State::kUnsupported || member.state == State::kDamaged) {
        continue;
      }
      EXPECT_EQ(member.state, password.is_null() ? State::kNeedsKey : State::kWrongKey)
          << member.member << member.problem;
      EXPECT_FALSE(vector.archive->find(*RelPath::parse(member.folder)));
    }
  }
}

std::string test_name(const testing::TestParamInfo<Json>& info) {
  std::string name = text_of(info.param, "file");
  name.resize(name.size() - 4);
  return name;
}

INSTANTIATE_TEST_SUITE_P(all, Vectors, testing::ValuesIn(load_manifest()), test_name);

}  // namespace

void PrintTo(const Json& json, std::ostream* out) {
  *out << text_of(json, "file");
}

}  // namespace backshelf
