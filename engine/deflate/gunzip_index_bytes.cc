#include "engine/deflate/gunzip_index_bytes.h"

#include <algorithm>
#include <array>

#include "engine/deflate/gunzip_index.h"
#include "engine/deflate/inflater.h"
#include "engine/stream/adapters.h"

namespace backshelf {
namespace {

// Layout, numbers big endian in 8 bytes: a head of five (trailer kind, plain, checked and packed
// bytes of the result, number of checkpoints); the checkpoints, each a head of five (plain and
// packed offset, bits and whether there is a window, its plain and its kept bytes) and the kept
// bytes; the CRCs of all blocks, 4 bytes each, little endian.
constexpr std::size_t kNumbers = 5;
constexpr std::uint64_t kHasWindow = 8;  // beside the bits, which are at most 7
constexpr std::size_t kCrcBytes = 4;
constexpr std::uint64_t kCrcsAtOnce = 16 * kKiB;

using Numbers = std::array<std::uint64_t, kNumbers>;
using NumberBytes = std::array<std::byte, kNumbers * sizeof(std::uint64_t)>;

std::uint64_t blocks_of(std::uint64_t plain_bytes) {
  return plain_bytes / kGunzipBlockBytes + (plain_bytes % kGunzipBlockBytes > 0 ? 1 : 0);
}

void put(const Numbers& numbers, Sink& out) {
  NumberBytes bytes{};
  for (std::size_t i = 0; i < kNumbers; ++i) {
    store_be64(ByteSpan(bytes).subspan(i * sizeof(std::uint64_t)), numbers[i]);
  }
  out.write(bytes);
}

std::optional<Numbers> take_numbers(Source& in) {
  NumberBytes bytes{};
  if (read_full(in, bytes) < bytes.size()) return std::nullopt;
  Numbers numbers{};
  for (std::size_t i = 0; i < kNumbers; ++i) {
    numbers[i] = load_be64(ByteView(bytes).subspan(i * sizeof(std::uint64_t)));
  }
  return numbers;
}

std::optional<Checkpoint> take_checkpoint(Source& in) {
  const auto numbers = take_numbers(in);
  if (!numbers) return std::nullopt;
  const auto [plain, packed, flags, window_bytes, kept_bytes] = *numbers;
  if (flags >= 2 * kHasWindow || window_bytes > kWindowBytes || kept_bytes > window_bytes) {
    return std::nullopt;
  }
  Checkpoint place;
  place.plain = plain;
  place.packed = packed;
  place.bits = static_cast<unsigned>(flags % kHasWindow);
  if (place.bits > packed) return std::nullopt;
  if (flags < kHasWindow) return place;
  ByteVec kept(static_cast<std::size_t>(kept_bytes));
  if (read_full(in, kept) < kept.size()) return std::nullopt;
  place.window =
      std::make_shared<const SavedWindow>(std::move(kept), static_cast<std::size_t>(window_bytes));
  return place;
}

std::optional<std::vector<std::uint32_t>> take_crcs(Source& in, std::uint64_t count) {
  std::vector<std::uint32_t> crcs;
  ByteVec bytes;
  while (crcs.size() < count) {
    const std::uint64_t some = std::min<std::uint64_t>(kCrcsAtOnce, count - crcs.size());
    bytes.resize(static_cast<std::size_t>(some) * kCrcBytes);
    if (read_full(in, bytes) < bytes.size()) return std::nullopt;
    for (std::size_t at = 0; at < bytes.size(); at += kCrcBytes) {
      crcs.push_back(load_le32(ByteView(bytes).subspan(at)));
    }
  }
  return crcs;
}

}  // namespace

bool can_be_kept(const GunzipIndex& index) {
  return index.result().end == GunzipResult::End::kSound &&
         index.block_crcs().size() == blocks_of(index.result().plain_bytes);
}

void write_gunzip_index(const GunzipIndex& index, Sink& out) {
  const GunzipResult& result = index.result();
  put({static_cast<std::uint64_t>(index.trailer()), result.plain_bytes, result.checked_bytes,
       result.packed_bytes, index.checkpoints().size()},
      out);
  for (const Checkpoint& place : index.checkpoints()) {
    const ByteView kept = place.window ? place.window->kept() : ByteView{};
    const std::size_t window_bytes = place.window ? place.window->plain_bytes() : 0;
    const std::uint64_t flags = place.bits + (place.window ? kHasWindow : 0);
    put({place.plain, place.packed, flags, window_bytes, kept.size()}, out);
    if (!kept.empty()) out.write(kept);
  }
  ByteVec crcs(index.block_crcs().size() * kCrcBytes);
  for (std::size_t i = 0; i < index.block_crcs().size(); ++i) {
    store_le32(ByteSpan(crcs).subspan(i * kCrcBytes), index.block_crcs()[i]);
  }
  if (!crcs.empty()) out.write(crcs);
}

std::optional<GunzipPass::Finished> read_gunzip_index(Source& in) {
  const auto head = take_numbers(in);
  if (!head) return std::nullopt;
  const auto [trailer, plain_bytes, checked_bytes, packed_bytes, count] = *head;
  if (trailer > static_cast<std::uint64_t>(GzipTrailer::kPaddedV1)) return std::nullopt;
  if (checked_bytes > plain_bytes || blocks_of(plain_bytes) > kMaxBlockChecks) return std::nullopt;
  if (count > plain_bytes / kCheckpointSpacing) return std::nullopt;
  GunzipPass::Finished read;
  read.result.plain_bytes = plain_bytes;
  read.result.checked_bytes = checked_bytes;
  read.result.packed_bytes = packed_bytes;
  std::vector<Checkpoint> places;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto place = take_checkpoint(in);
    if (!place || place->plain > plain_bytes || place->packed > packed_bytes) return std::nullopt;
    const Checkpoint before = places.empty() ? Checkpoint{} : places.back();
    if (place->plain <= before.plain || place->packed < before.packed) return std::nullopt;
    read.index_bytes += memory_of(*place);
    places.push_back(std::move(*place));
  }
  auto crcs = take_crcs(in, blocks_of(plain_bytes));
  if (!crcs) return std::nullopt;
  read.index_bytes += crcs->size() * kCrcBytes;
  read.index = std::make_shared<const GunzipIndex>(read.result, static_cast<GzipTrailer>(trailer),
                                                   std::move(places), std::move(*crcs));
  return read;
}

}  // namespace backshelf
