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

constexpr std::size_t kFrameTail = 10;  // behind the footer

// As a forger would: what the footer says of itself is made true.
void set_hash(ByteVec& stream) {
  const auto footer = parse_footer(ByteView(stream).last(kFootFrameBytes));
  if (!footer) return;
  const std::uint64_t size = footer->fields.packed_index_bytes;
  const std::uint64_t room = stream.size() - kFootFrameBytes;
  if (size == 0 || size > room || framed_bytes(size) > room) return;
  ByteVec hashed(footer->raw.begin(), footer->raw.begin() + kHashedFooterBytes);
  const ByteView frames = ByteView(stream).subspan(room - framed_bytes(size), framed_bytes(size));
  for (std::size_t at = 0; at < frames.size(); at += kFramePayloadBytes + kFrameOverheadBytes) {
    const std::size_t frame =
        std::min(frames.size() - at, kFramePayloadBytes + kFrameOverheadBytes);
    const ByteView payload = frames.subspan(at + 16, frame - kFrameOverheadBytes);
    hashed.insert(hashed.end(), payload.begin(), payload.end());
  }
  std::ranges::copy(blake2b16(hashed), stream.end() - kFrameTail - 16);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* const bytes = reinterpret_cast<const std::byte*>(data);
  ByteVec stream(bytes, bytes + size);
  if (stream.size() >= kFootFrameBytes) set_hash(stream);
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
