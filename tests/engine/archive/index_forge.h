// An index taken apart, changed, and put together again with lengths and hash that fit.
#pragma once

#include <algorithm>

#include "engine/archive/index_bytes.h"
#include "engine/archive/index_footer.h"
#include "engine/base/error.h"
#include "engine/crypto/hash.h"
#include "engine/zstd/zstd.h"
#include "tests/engine/archive/index_fixture.h"

namespace backshelf {

struct ForgedTail {
  struct Section {
    std::uint64_t tag = 0, flags = 0;
    ByteVec body;
  };
  std::vector<Section> sections;
  ByteVec sections_behind;  // bytes no section claims
  ByteVec footer;           // its lengths and its hash are set at the end

  [[nodiscard]] auto find(std::uint64_t tag) {
    const auto found = std::ranges::find(sections, tag, &Section::tag);
    if (found == sections.end()) throw Error(ErrorKind::kInternal, "forge", "no such section");
    return found;
  }
  [[nodiscard]] ByteVec section(std::uint64_t tag) { return find(tag)->body; }
  void add_section(std::uint64_t tag, std::uint64_t flags, const ByteVec& body) {
    sections.push_back({tag, flags, body});
  }
  void extend_section(std::uint64_t tag, const ByteVec& more) { put_bytes(find(tag)->body, more); }
  void remove_section(std::uint64_t tag) { sections.erase(find(tag)); }
};

// What the zstd frame of a stream holds. REQUIRES: it has one
inline ByteVec plain_index_of(ByteView stream, std::uint64_t main_bytes) {
  const auto footer = parse_footer(stream.last(kFootFrameBytes));
  const auto frames = stream.subspan(main_bytes);
  const auto packed = parse_frames(*footer, frames.first(frames.size() - kFootFrameBytes));
  return *zstd_decompress(*packed, kMiB);
}

inline ForgedTail taken_apart(const IndexedStream& stream) {
  const ByteVec plain = plain_index_of(stream.bytes, stream.facts.main_bytes);
  ForgedTail tail;
  tail.footer = parse_footer(ByteView(stream.bytes).last(kFootFrameBytes))->raw;
  IndexReader directory(plain);
  const std::uint64_t count = directory.fixed(2);
  IndexReader rows(directory.view(12 * count));
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t tag = rows.fixed(2), flags = rows.fixed(2);
    const ByteView body = directory.view(rows.fixed(8));
    tail.add_section(tag, flags, ByteVec(body.begin(), body.end()));
  }
  return tail;
}

template <typename Change>
ByteVec forged_tail(const IndexedStream& stream, Change&& change) {
  ForgedTail tail = taken_apart(stream);
  change(tail);
  ByteVec plain;
  put_fixed(plain, tail.sections.size(), 2);
  for (const auto& section : tail.sections) {
    put_fixed(plain, section.tag, 2);
    put_fixed(plain, section.flags, 2);
    put_fixed(plain, section.body.size(), 8);
  }
  for (const auto& section : tail.sections) put_bytes(plain, section.body);
  put_bytes(plain, tail.sections_behind);
  const ByteVec packed = zstd_compress(plain, 9);

  ByteVec lengths;
  put_fixed(lengths, packed.size(), 8);
  put_fixed(lengths, plain.size(), 8);
  std::ranges::copy(lengths, tail.footer.begin() + 24);
  ByteVec hashed(tail.footer.begin(), tail.footer.begin() + kHashedFooterBytes);
  put_bytes(hashed, packed);
  std::ranges::copy(blake2b16(hashed), tail.footer.begin() + kHashedFooterBytes);

  // Frames of the right lengths, and the changed footer instead of the printed one.
  ByteVec index(kHashedFooterBytes);
  put_bytes(index, packed);
  ByteVec frames = print_frames({}, index);
  std::ranges::copy(tail.footer, frames.end() - kFooterBytes - 10);
  ByteVec forged(stream.bytes.begin(), stream.bytes.begin() + stream.main_end());
  put_bytes(forged, frames);
  return forged;
}

}  // namespace backshelf
