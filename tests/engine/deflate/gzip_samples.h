// Plain data of several kinds and gzip streams made from it by zlib, for the tests of this room.
#pragma once

#include <zlib.h>

#include <cstdlib>
#include <memory>
#include <random>
#include <string>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "engine/stream/adapters.h"

namespace backshelf::samples {

inline ByteVec noise(std::size_t size, unsigned seed = 1) {
  std::mt19937_64 random(seed);
  ByteVec bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() & 0xff);
  return bytes;
}

// Words in random order with noise between: compresses to about a third, as homes do.
inline ByteVec text(std::size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::vector<std::string> words;
  for (int i = 0; i < 200; ++i) words.push_back(concat("sensor.room_", i, " "));
  std::string all;
  all.reserve(size + 32);
  while (all.size() < size) {
    const auto number = random();
    all += number % 8 == 0 ? std::to_string(number) : words[number / 8 % words.size()];
  }
  const ByteView view = as_bytes(all);
  return ByteVec(view.begin(), view.begin() + static_cast<std::ptrdiff_t>(size));
}

inline void append(ByteVec& to, ByteView more) {
  to.insert(to.end(), more.begin(), more.end());
}

inline ByteVec joined(std::initializer_list<ByteVec> parts) {
  ByteVec all;
  for (const ByteVec& part : parts) append(all, part);
  return all;
}

// A whole gzip member by zlib; `flags` as in its header: 0 or 8 (a name).
inline ByteVec gzip(ByteView plain, int level = 6, const char* name = nullptr,
                    int strategy = Z_DEFAULT_STRATEGY) {
  z_stream stream{};
  gz_header header{};
  std::string kept_name = name == nullptr ? "" : name;
  header.name = reinterpret_cast<Bytef*>(kept_name.data());
  if (deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, strategy) != Z_OK) std::abort();
  if (name != nullptr && deflateSetHeader(&stream, &header) != Z_OK) std::abort();
  ByteVec packed(deflateBound(&stream, plain.size()) + kept_name.size() + 64);
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) std::abort();
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

// What zlib makes of a single gzip member, checksum included; empty when it refuses.
inline ByteVec gunzip_in_one_go(ByteView packed, std::size_t plain_size) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) std::abort();
  ByteVec plain(plain_size + 1);
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_out = static_cast<uInt>(plain.size());
  const int result = inflate(&stream, Z_FINISH);
  plain.resize(result == Z_STREAM_END && stream.avail_in == 0 ? stream.total_out : 0);
  inflateEnd(&stream);
  return plain;
}

inline std::shared_ptr<const RandomSource> source_of(ByteVec bytes) {
  return std::make_shared<MemorySource>(std::move(bytes));
}

// Throws for every read that touches [from, to).
class FailingSource final : public RandomSource {
 public:
  FailingSource(ByteVec bytes, std::uint64_t from, std::uint64_t to, ErrorKind kind)
      : below_(std::move(bytes)), from_(from), to_(to), kind_(kind) {}
  [[nodiscard]] std::uint64_t size() const override { return below_.size(); }
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) const override {
    if (offset < to_ && offset + out.size() > from_)
      throw Error(kind_, "read", "as the test asked");
    return below_.read_at(offset, out);
  }

 private:
  MemorySource below_;
  std::uint64_t from_, to_;
  ErrorKind kind_;
};

}  // namespace backshelf::samples
