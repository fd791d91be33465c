// Data of the kinds that homes hold, the same in every run.
#pragma once

#include <benchmark/benchmark.h>

#include <random>
#include <string>

#include "engine/base/bytes.h"

namespace backshelf::bench {

inline ByteVec noise(std::size_t size) {
  std::mt19937_64 random(1);
  ByteVec bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() & 0xff);
  return bytes;
}

// Rows as in a recorder's database: repeated names, counted numbers, some random bytes. Deflate
// makes about a half of it.
inline ByteVec rows(std::size_t size) {
  std::mt19937_64 random(2);
  ByteVec bytes;
  bytes.reserve(size + 64);
  for (std::uint64_t row = 0; bytes.size() < size; ++row) {
    const std::string text = concat(row, " sensor.room_", random() % 300, " ", random() % 10'000);
    const ByteView view = as_bytes(text);
    bytes.insert(bytes.end(), view.begin(), view.end());
    for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<std::byte>(random() & 0xff));
  }
  bytes.resize(size);
  return bytes;
}

inline void count_bytes(benchmark::State& state, std::size_t each) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(each));
}

}  // namespace backshelf::bench
