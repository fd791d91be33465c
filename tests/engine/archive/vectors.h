// The archives of tests/data/vectors with what their manifest says of them.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/archive/archive.h"
#include "engine/base/error.h"
#include "engine/crypto/hash.h"
#include "engine/disk/file.h"
#include "engine/json/json.h"
#include "engine/keys/key_ring.h"

namespace backshelf {

inline std::string vector_path(const std::string& name) {
  return concat(BACKSHELF_TEST_DATA, "/vectors/", name);
}

inline std::vector<Json> load_manifest() {
  const ByteVec text = read_file(vector_path("manifest.json"), 64 * kMiB);
  return parse_json(text, {.bytes = 64 * kMiB})["archives"].items();
}

inline std::string text_of(const Json& json, std::string_view key) {
  return json[key].text_or("");
}

// States of members and archives that the manifest's words allow.
inline std::set<std::string> states_of(const Json& expectation) {
  static const std::map<std::string, std::set<std::string>> kWords = {
      {"ok", {"ok"}},
      {"auth_required", {"needs-key"}},
      {"bad_password", {"wrong-key"}},
      {"corrupt", {"damaged"}},
      {"partial", {"damaged"}},
      {"corrupt_or_partial", {"damaged"}},
      {"truncated", {"truncated", "damaged"}},
      {"unsupported_or_corrupt", {"unsupported", "damaged"}},
      {"ok_or_warn", {"ok"}},
      {"ok_or_corrupt", {"ok", "damaged"}},
      {"bad_metadata", {"bad-metadata"}},
      {"not_a_backup", {"not-a-backup"}},
      {"hidden", {"not-a-backup"}},
      {"any", {"ok", "wrong-key", "unsupported", "truncated", "damaged"}}};
  std::set<std::string> states = kWords.at(text_of(expectation, "expect"));
  for (const Json& word : expectation["also_acceptable"].items()) {
    states.merge(std::set<std::string>(kWords.at(word.text_or(""))));
  }
  // A member whose key check fails though a sibling opens may be called damaged.
  if (text_of(expectation, "expect") == "bad_password" && expectation.has("damage")) {
    states.insert("damaged");
  }
  return states;
}

// One ring for each password and program: what it derived stays known.
inline std::shared_ptr<KeyRing> ring_of(const Json& password) {
  static std::map<std::string, std::shared_ptr<KeyRing>> rings;
  std::shared_ptr<KeyRing>& ring = rings[password.text_or("")];
  if (ring) return ring;
  std::vector<SecretBytes> keys;
  if (password.is_string()) keys.emplace_back(as_bytes(password.text_or("")));
  ring = KeyRing::make(std::move(keys));
  return ring;
}

// An opened archive with all that it borrows.
struct OpenVector {
  OpenVector(const std::string& path, const Json& password)
      : ring(ring_of(password)),
        archive(Archive::open(std::make_shared<FileSource>(path),
                              path.substr(path.find_last_of('/') + 1), {*ring, cache})) {}
  BlockCache cache{8 * kMiB};
  std::shared_ptr<KeyRing> ring;
  std::shared_ptr<Archive> archive;
};

// The whole content, read in steps that fit no block of any layer.
inline ByteVec read_all(Archive& archive, const FolderAttr& file, std::size_t step) {
  ByteVec content;
  ByteVec piece(step);
  while (true) {
    const std::size_t count = archive.read(file.id, content.size(), piece);
    content.insert(content.end(), piece.begin(),
                   piece.begin() + static_cast<std::ptrdiff_t>(count));
    if (count < piece.size()) return content;
  }
}

// Depth first through everything that is shown; `see` may throw no Error.
inline void walk_folder(Archive& archive, const FolderAttr& directory, const std::string& path,
                        const std::function<void(const std::string&, const FolderAttr&)>& see) {
  std::uint32_t count = 0;
  try {
    count = archive.child_count(directory.id);
  } catch (const Error&) {
    return;
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    const FolderChild child = archive.child(directory.id, i);
    const std::string below = concat(path, "/", child.name);
    see(below, child.attr);
    if (child.attr.type == EntryType::kDirectory) walk_folder(archive, child.attr, below, see);
  }
}

}  // namespace backshelf
