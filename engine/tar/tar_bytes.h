// The bytes of a tar under the eyes of the scanner: a buffer over a stream or over random access,
// in which damaged data is a state and no exception. For this room only.
#pragma once

#include <optional>
#include <stop_token>

#include "engine/base/error.h"
#include "engine/stream/source.h"

namespace backshelf {

// One thread at a time. Every call may throw Error(kInterrupted), and what the source throws that
// says nothing about the data.
class TarBytes {
 public:
  static constexpr std::size_t kMaxPeek = 64 * kKiB;
  static constexpr std::size_t kBufferBytes = 256 * kKiB;

  explicit TarBytes(std::stop_token stop, std::size_t buffer_bytes = kBufferBytes)
      : stop_(std::move(stop)), buffer_(buffer_bytes) {}
  TarBytes(const TarBytes&) = delete;
  TarBytes& operator=(const TarBytes&) = delete;
  virtual ~TarBytes() = default;

  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  // The next `count` bytes; fewer where the data ends or failed. Valid until the next call.
  // REQUIRES: count <= kMaxPeek
  [[nodiscard]] ByteView peek(std::size_t count);
  // Moves on. REQUIRES: that many were peeked.
  void take(std::size_t count);
  // Moves on by `count` or to where the data ends or failed; returns how many bytes that was.
  [[nodiscard]] std::uint64_t skip(std::uint64_t count);
  // Moves on over blocks that are all zeros.
  void skip_zero_blocks();
  // Set when the source threw kDamaged or kTruncated at offset().
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
  // After a failure: moves to the next 512-byte boundary that can be read. False: there is none.
  [[nodiscard]] virtual bool pass_unreadable() { return false; }
  void check_stop() const;

 protected:
  // Some bytes from offset `at` on; 0 at the end.
  [[nodiscard]] virtual std::size_t fetch(std::uint64_t at, ByteSpan out) = 0;
  // How many bytes a fetch should ask for when `needed` would do.
  [[nodiscard]] virtual std::size_t window(std::size_t needed) = 0;
  // Moves offset_ on; the buffer is empty then.
  [[nodiscard]] virtual std::uint64_t skip_unbuffered(std::uint64_t count) = 0;
  // fetch() with damage turned into failure().
  [[nodiscard]] std::size_t try_fetch(std::uint64_t at, ByteSpan out);
  void drop_buffer() { begin_ = end_ = 0; }

  std::uint64_t offset_ = 0;  // of the byte at begin_
  std::optional<Error> failure_;
  std::stop_token stop_;
  ByteVec buffer_;

 private:
  void fill(std::size_t count);

  std::size_t begin_ = 0, end_ = 0;
};

class StreamBytes final : public TarBytes {
 public:
  StreamBytes(Source& source, std::stop_token stop) : TarBytes(std::move(stop)), source_(source) {}

 protected:
  std::size_t fetch(std::uint64_t, ByteSpan out) override { return source_.read(out); }
  std::size_t window(std::size_t) override { return kBufferBytes; }
  std::uint64_t skip_unbuffered(std::uint64_t count) override;

 private:
  Source& source_;
};

class RandomBytes final : public TarBytes {
 public:
  RandomBytes(const RandomSource& source, std::stop_token stop,
              std::size_t buffer_bytes = kBufferBytes)
      : TarBytes(std::move(stop), buffer_bytes), source_(source), size_(source.size()) {}
  bool pass_unreadable() override;

 protected:
  std::size_t fetch(std::uint64_t at, ByteSpan out) override { return source_.read_at(at, out); }
  std::size_t window(std::size_t needed) override;
  std::uint64_t skip_unbuffered(std::uint64_t count) override;

 private:
  [[nodiscard]] bool readable(std::uint64_t at);

  const RandomSource& source_;
  std::uint64_t size_;
  std::size_t window_ = kFirstWindow;

  static constexpr std::size_t kFirstWindow = 4 * kKiB;  // after a jump; doubles while in order
};

}  // namespace backshelf
