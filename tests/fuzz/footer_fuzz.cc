// room: archive deflate zstd crypto stream base
// Any bytes as the end of an inner stream, with a hash that fits what is there: no index, or one
// whose lengths fit the stream.
#include <algorithm>
#include <cstdlib>

#include "engine/archive/index_footer.h"
#include "engine/archive/tail_index.h"
#include "engine/crypto/hash.h"
#include "engine/stream/adapters.h"

namespace {

using namespace backshelf;

// The bytes around a payload.
struct Around {
  std::size_t head, tail;
};

// As a forger would: what the footer says of itself is made true.
void set_hash(ByteVec& stream, std::size_t foot_bytes, Around around) {
  const auto footer = parse_footer(ByteView(stream).last(foot_bytes));
  if (!footer) return;
  const bool zstd = footer->fields.zstd;
  const std::uint64_t size = footer->fields.packed_index_bytes;
  const std::uint64_t room = stream.size() - foot_bytes;
  if (size == 0 || size > room || framed_bytes(size, zstd) > room) return;
  ByteVec hashed(footer->raw.begin(), footer->raw.begin() + kHashedFooterBytes);
  const std::uint64_t framed = framed_bytes(size, zstd);
  const ByteView frames = ByteView(stream).subspan(room - framed, framed);
  const std::size_t overhead = around.head + around.tail;
  for (std::size_t at = 0; at < frames.size(); at += kFramePayloadBytes + overhead) {
    const std::size_t frame = std::min(frames.size() - at, kFramePayloadBytes + overhead);
    const ByteView payload = frames.subspan(at + around.head, frame - overhead);
    hashed.insert(hashed.end(), payload.begin(), payload.end());
  }
  std::ranges::copy(blake2b16(hashed),
                    stream.end() - static_cast<std::ptrdiff_t>(around.tail) - 16);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* const bytes = reinterpret_cast<const std::byte*>(data);
  ByteVec stream(bytes, bytes + size);
  if (stream.size() >= kFootFrameBytes) {
    set_hash(stream, kFootFrameBytes, {16, 10});
    set_hash(stream, kZstdFootFrameBytes, {12, 0});
  }
  const auto index = read_tail_index(MemorySource(stream));
  if (!index) return 0;
  std::uint64_t packed = 0, plain = 0;
  for (const Segment& segment : index->segments) {
    packed += segment.packed_bytes;
    plain += segment.plain_bytes;
  }
  const std::uint64_t around = index->facts.gzip ? kGzipHeaderBytes + kTrailerBytes : 0;
  if (packed + around != index->facts.main_bytes) std::abort();
  if (plain != index->facts.tar_bytes || index->facts.main_bytes > size) std::abort();
  return 0;
}
