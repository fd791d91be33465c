// The three small roles that bytes travel through. Streams neither copy nor move; what they are
// built on is borrowed unless a constructor takes ownership. After a stream failed, every later
// call fails alike.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/base/bytes.h"

namespace backshelf {

// Bytes in order. One thread at a time.
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;
  // Fills 1 … out.size() bytes and returns how many; 0 only at the end of data. Throws Error.
  // REQUIRES: !out.empty()
  [[nodiscard]] virtual std::size_t read(ByteSpan out) = 0;
};

// Takes bytes in order. One thread at a time.
class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;
  // Takes all of `bytes` or throws Error. May block: that is the back-pressure.
  virtual void write(ByteView bytes) = 0;
};
// A Sink that has an end of its own offers `finish()`, called exactly once, with the result type it
// needs; it closes only itself, never the sink below. A destructor finishes nothing.

// Bytes by position, immutable. All members are const and safe from several threads at once.
class RandomSource {
 public:
  RandomSource() = default;
  RandomSource(const RandomSource&) = delete;
  RandomSource& operator=(const RandomSource&) = delete;
  virtual ~RandomSource() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // Fills out completely, or less only where the data ends; 0 at or behind the end. Throws Error
  // (kDamaged, kTruncated, kIo, …) when a byte of the range cannot be had; then `out` is
  // unspecified.
  [[nodiscard]] virtual std::size_t read_at(std::uint64_t offset, ByteSpan out) const = 0;
};

}  // namespace backshelf
