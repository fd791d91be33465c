// Outer tars of any size, made of headers and little content; the rest reads as zeros.
#pragma once

#include <map>
#include <string>

#include "engine/stream/source.h"
#include "engine/tar/raw_header.h"

namespace backshelf {

// Pieces at their offsets, zeros between them: tens of gigabytes in a few kilobytes.
class SparseSource final : public RandomSource {
 public:
  void put(std::uint64_t offset, ByteView bytes) {
    pieces_[offset] = ByteVec(bytes.begin(), bytes.end());
    size_ = std::max(size_, offset + bytes.size());
  }
  void set_size(std::uint64_t size) { size_ = size; }
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) const override {
    if (offset >= size_) return 0;
    const std::uint64_t count = std::min<std::uint64_t>(out.size(), size_ - offset);
    const ByteSpan target = out.first(static_cast<std::size_t>(count));
    std::fill(target.begin(), target.end(), filler_);
    for (const auto& [start, bytes] : pieces_) {
      const std::uint64_t from = std::max(start, offset);
      const std::uint64_t to = std::min(start + bytes.size(), offset + count);
      for (std::uint64_t at = from; at < to; ++at) target[at - offset] = bytes[at - start];
    }
    return static_cast<std::size_t>(count);
  }
  // What stands where nothing was put.
  void set_filler(std::byte filler) { filler_ = filler; }

 private:
  std::map<std::uint64_t, ByteVec> pieces_;
  std::uint64_t size_ = 0;
  std::byte filler_{0xA5};
};

inline std::uint64_t padded(std::uint64_t size) {
  return (size + kTarBlock - 1) / kTarBlock * kTarBlock;
}

// Writes members one behind the other, as the Supervisor does.
class OuterBuilder {
 public:
  // The header says `declared`; `true_size` bytes follow, of which `start` are given.
  void member(const std::string& name, std::uint64_t declared, std::uint64_t true_size,
              ByteView start) {
    MemberHeader header;
    header.name = name;
    header.size = declared;
    header.mtime_seconds = 1'740'000'000;
    header.mtime_nanoseconds = 500'000'000;
    put(make_member_header(header));
    source->put(end_, start);
    end_ += padded(true_size);
  }
  void metadata(std::string_view json) {
    MemberHeader header;
    header.name = "./backup.json";
    header.size = json.size();
    put(make_plain_header(header));
    ByteVec body(as_bytes(json).begin(), as_bytes(json).end());
    body.resize(padded(body.size()));
    put(body);
  }
  void zeros(std::uint64_t count) { put(ByteVec(count)); }
  void put(ByteView bytes) {
    if (bytes.empty()) return;
    source->put(end_, bytes);
    end_ += bytes.size();
  }
  [[nodiscard]] std::uint64_t end() const { return end_; }
  void skip(std::uint64_t bytes) { end_ += bytes; }

  std::shared_ptr<SparseSource> source = std::make_shared<SparseSource>();

 private:
  std::uint64_t end_ = 0;
};

}  // namespace backshelf
