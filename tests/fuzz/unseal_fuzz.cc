// room: keys securetar stream crypto base
// Any bytes as a member: sniffed, tried with a fixed key, and read; an error or bytes, nothing
// else.
#include <cstdint>

#include "engine/base/error.h"
#include "engine/keys/key_ring.h"
#include "engine/securetar/unsealed_source.h"
#include "engine/stream/adapters.h"

namespace backshelf {
namespace {

void run(ByteView bytes) {
  static const std::unique_ptr<KeyRing> ring = [] {
    std::vector<SecretBytes> keys;
    keys.emplace_back(as_bytes("ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ01"));
    return KeyRing::make(std::move(keys));
  }();
  const ByteView start = bytes.first(std::min(bytes.size(), kSniffBytes));
  const SealHeader header = sniff(start);
  if (header.format != SealFormat::kV1 && header.format != SealFormat::kV2 &&
      header.format != SealFormat::kV3) {
    return;
  }
  BlockCache cache(4 * kMiB);
  try {
    const auto key = ring->open(header, start);
    const auto plain = unseal(std::make_shared<MemorySource>(ByteVec(bytes.begin(), bytes.end())),
                              header, key, cache);
    ByteVec out(5000);
    for (std::uint64_t at = 0; at < plain->size() && at < 4 * kMiB; at += 100'000) {
      if (plain->read_at(at, out) > out.size()) __builtin_trap();
    }
  } catch (const Error&) {
  }
}

}  // namespace
}  // namespace backshelf

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  backshelf::run({reinterpret_cast<const std::byte*>(data), size});
  return 0;
}
