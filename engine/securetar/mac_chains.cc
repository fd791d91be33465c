#include "engine/securetar/mac_chains.h"

#include "engine/base/error.h"

namespace backshelf {

MacChains::MacChains(const RandomSource& member, const ChunkLayout& layout,
                     const std::optional<TailHint>& hint)
    : member_(member), layout_(layout), present_(layout.present()) {
  known_.with([&](Known& known) {
    if (!hint || hint->first_chunk >= present_) return read_all(known);
    known.from = hint->first_chunk;
    known.chains.push_back(hint->chain);
    read_on(known, present_);
  });
}

// Until the chains of all chunks before `up_to` are there.
void MacChains::read_on(Known& known, std::uint64_t up_to) const {
  known.chains.reserve(static_cast<std::size_t>(up_to - known.from));
  while (known.from + known.chains.size() < up_to) {
    const std::uint64_t chunk = known.from + known.chains.size() - 1;
    const std::uint64_t mac =
        layout_.sealed_offset(chunk) + layout_.sealed_bytes(chunk) - kChunkMacBytes;
    MacPrefix prefix{};
    if (member_.read_at(mac, prefix) != prefix.size()) {
      throw Error(ErrorKind::kTruncated, "reading an encrypted member",
                  "the file became shorter while it was read");
    }
    known.chains.push_back(add_mac(known.chains.back(), prefix));
  }
}

void MacChains::read_all(Known& known) const {
  Known fresh;
  if (present_ > 0) {
    fresh.chains.push_back({});
    read_on(fresh, present_);
  }
  fresh.read = true;
  known = std::move(fresh);
}

MacChains::Before MacChains::before(std::uint64_t chunk) const {
  if (chunk == 0) return {MacChain{}, true};  // every look inside begins there
  return known_.with([&](Known& known) -> Before {
    if (chunk < known.from) read_all(known);
    return {known.chains[static_cast<std::size_t>(chunk - known.from)], known.read};
  });
}

void MacChains::believe(const std::vector<MacPrefix>& prefixes) const {
  known_.with([&](Known& known) {
    if (known.read || prefixes.size() >= present_) return;
    Known said;
    said.chains.push_back({});
    for (const MacPrefix& prefix : prefixes) {
      said.chains.push_back(add_mac(said.chains.back(), prefix));
    }
    read_on(said, present_);
    known = std::move(said);
  });
}

void MacChains::distrust() const {
  known_.with([&](Known& known) {
    if (!known.read) read_all(known);
  });
}

}  // namespace backshelf
