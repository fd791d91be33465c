// room: archive keys stream base
// Any bytes as an archive: opened, checked, walked, read and verified with a fixed key.
#include <cstdint>

#include "engine/archive/archive.h"
#include "engine/base/error.h"
#include "engine/keys/key_ring.h"
#include "engine/stream/adapters.h"

namespace backshelf {
namespace {

constexpr int kMaxEntries = 300;
constexpr std::uint64_t kMaxRead = 64 * kKiB;  // of one file; sparse ones claim petabytes

void walk(Archive& archive, FolderId directory, int& left) {
  try {
    const std::uint32_t count = archive.child_count(directory);
    for (std::uint32_t i = 0; i < count && left-- > 0; ++i) {
      const FolderAttr attr = archive.child(directory, i).attr;
      if (attr.type == EntryType::kDirectory) walk(archive, attr.id, left);
      if (attr.type != EntryType::kFile) continue;
      ByteVec out(std::min(attr.size, kMaxRead));
      if (!out.empty() && archive.read(attr.id, 0, out) != out.size()) __builtin_trap();
    }
  } catch (const Error&) {
  }
}

void run(ByteView bytes) {
  static const std::unique_ptr<KeyRing> ring = [] {
    std::vector<SecretBytes> keys;
    keys.emplace_back(as_bytes("ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ01"));
    return KeyRing::make(std::move(keys));
  }();
  BlockCache cache(4 * kMiB);
  const auto archive =
      Archive::open(std::make_shared<MemorySource>(ByteVec(bytes.begin(), bytes.end())), "fuzz.tar",
                    {*ring, cache});
  int left = kMaxEntries;
  walk(*archive, Archive::kRoot, left);
  archive->verify({}, {});
  if (archive->state() != State::kOk && archive->problem().empty()) __builtin_trap();
}

}  // namespace
}  // namespace backshelf

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  backshelf::run({reinterpret_cast<const std::byte*>(data), size});
  return 0;
}
