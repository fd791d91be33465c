#include "engine/tree/child_table.h"

#include <algorithm>
#include <random>

namespace backshelf {
namespace {

constexpr std::size_t kFirstSlots = 1024;
constexpr std::uint64_t kPrime = (std::uint64_t{1} << 61) - 1;
constexpr std::size_t kWordBytes = 7;  // below the prime

__extension__ using Wide = unsigned __int128;

std::uint64_t random_key() {
  std::random_device random;
  const std::uint64_t high = random();
  return ((high << 32) | random()) % (kPrime - 1) + 1;
}

// Modulo the prime, or the prime itself for 0: 2^61 is 1, so the upper bits count as lower ones.
std::uint64_t reduced(Wide number) {
  const std::uint64_t sum =
      (static_cast<std::uint64_t>(number) & kPrime) + static_cast<std::uint64_t>(number >> 61);
  return sum > kPrime ? sum - kPrime : sum;
}

// A polynomial over the words with a secret point: two given names collide with a chance of
// length / 2^61.
std::uint64_t hash_of(std::uint64_t key, NodeIndex parent, std::string_view name) {
  std::uint64_t hash = parent + 1;
  auto mix = [&](std::uint64_t word) { hash = reduced(static_cast<Wide>(hash) * key + word); };
  mix(name.size());
  while (!name.empty()) {
    const std::size_t count = std::min(kWordBytes, name.size());
    std::uint64_t word = 0;
    std::memcpy(&word, name.data(), count);
    mix(word);
    name.remove_prefix(count);
  }
  mix(0);
  return hash;
}

}  // namespace

ChildTable::ChildTable(const Columns& columns)
    : columns_(columns), key_(random_key()), slots_(kFirstSlots, kNoRow) {}

std::size_t ChildTable::slot_of(NodeIndex parent, std::string_view name) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = static_cast<std::size_t>(hash_of(key_, parent, name)) & mask;
  while (slots_[slot] != kNoRow) {
    const NodeIndex node = slots_[slot];
    if (columns_.parent[node] == parent && columns_.text(columns_.name[node]) == name) break;
    slot = (slot + 1) & mask;
  }
  return slot;
}

NodeIndex ChildTable::find(NodeIndex parent, std::string_view name) const {
  return slots_[slot_of(parent, name)];
}

ChildTable::Place ChildTable::look(NodeIndex parent, std::string_view name) {
  if (2 * (used_ + 1) > slots_.size()) grow();
  const std::size_t slot = slot_of(parent, name);
  return {slots_[slot], slot};
}

void ChildTable::put(const Place& place, NodeIndex node) {
  if (slots_[place.slot] == kNoRow) ++used_;
  slots_[place.slot] = node;
}

void ChildTable::grow() {
  std::vector<NodeIndex> old(2 * slots_.size(), kNoRow);
  old.swap(slots_);
  for (const NodeIndex node : old) {
    if (node == kNoRow) continue;
    slots_[slot_of(columns_.parent[node], columns_.text(columns_.name[node]))] = node;
  }
}

}  // namespace backshelf
