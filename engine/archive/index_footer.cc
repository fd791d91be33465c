#include "engine/archive/index_footer.h"

#include <algorithm>
#include <array>

#include "engine/archive/index_bytes.h"
#include "engine/crypto/hash.h"

namespace backshelf {
namespace {

constexpr std::string_view kFooterMagic{"HASEEK\x01\x00", 8};
constexpr std::string_view kFooterWriter{"bckshelf", 8};
constexpr unsigned kFooterMajor = 1;
constexpr unsigned kFooterMinor = 0;
constexpr char kIndexId = 'S';
constexpr char kFootId = 'F';

enum FooterFlag : unsigned { kGzipFlag = 1, kHashesFlag = 2, kStatFlag = 4, kZstdFlag = 8 };

void put_id(ByteVec& head, char id) {
  put_bytes(head, as_bytes(std::string_view("H", 1)));
  put_fixed(head, static_cast<unsigned char>(id), 1);
}

// RFC 1952: a member with nothing in it but an extra field.
ByteVec gzip_head(char id, std::size_t payload) {
  ByteVec head;
  put_bytes(head, as_bytes(std::string_view("\x1f\x8b\x08\x04\0\0\0\0\0\x03", 10)));
  put_fixed(head, payload + 4, 2);
  put_id(head, id);
  put_fixed(head, payload, 2);
  return head;
}

ByteVec gzip_tail() {
  ByteVec tail(kTrailerBytes);  // CRC32 and length of nothing
  tail[0] = std::byte{3};       // an empty final block of fixed codes: 03 00
  return tail;
}

// RFC 8878, 3.1.2: a skippable frame.
ByteVec zstd_head(char id, std::size_t payload) {
  constexpr std::size_t kOursBytes = 4;
  ByteVec head;
  put_bytes(head, as_bytes(std::string_view("\x5e\x2a\x4d\x18", 4)));
  put_fixed(head, payload + kOursBytes, 4);
  put_id(head, id);
  put_fixed(head, 0, 2);
  return head;
}

ByteVec frame_head(char id, std::size_t payload, bool zstd) {
  return zstd ? zstd_head(id, payload) : gzip_head(id, payload);
}

ByteVec frame_tail(bool zstd) {
  return zstd ? ByteVec() : gzip_tail();
}

std::size_t overhead_of(bool zstd) {
  return zstd ? kZstdFrameOverheadBytes : kFrameOverheadBytes;
}

void put_frame(ByteVec& out, char id, ByteView payload, bool zstd) {
  put_bytes(out, frame_head(id, payload.size(), zstd));
  put_bytes(out, payload);
  put_bytes(out, frame_tail(zstd));
}

// The payload, when the bytes around it are exactly those of put_frame.
std::optional<ByteView> framed_payload(char id, ByteView frame, bool zstd) {
  if (frame.size() < overhead_of(zstd)) return std::nullopt;
  const std::size_t size = frame.size() - overhead_of(zstd);
  const ByteVec head = frame_head(id, size, zstd), tail = frame_tail(zstd);
  if (!std::ranges::equal(frame.first(head.size()), head)) return std::nullopt;
  if (!std::ranges::equal(frame.last(tail.size()), tail)) return std::nullopt;
  return frame.subspan(head.size(), size);
}

ByteVec print_footer(const Footer& footer) {
  ByteVec out;
  out.reserve(kFooterBytes);
  put_bytes(out, as_bytes(kFooterMagic));
  put_fixed(out, kFooterMajor, 2);
  put_fixed(out, kFooterMinor, 2);
  put_fixed(out,
            (footer.gzip ? kGzipFlag : 0U) | (footer.hashes ? kHashesFlag : 0U) |
                (footer.stat ? kStatFlag : 0U) | (footer.zstd ? kZstdFlag : 0U),
            4);
  put_fixed(out, footer.main_bytes, 8);
  put_fixed(out, footer.packed_index_bytes, 8);
  put_fixed(out, footer.plain_index_bytes, 8);
  put_fixed(out, footer.tar_bytes, 8);
  put_bytes(out, as_bytes(kFooterWriter));
  put_fixed(out, 0, 8);
  return out;
}

}  // namespace

std::uint64_t framed_bytes(std::uint64_t payload, bool zstd) {
  const std::uint64_t frames = payload / kFramePayloadBytes + (payload % kFramePayloadBytes != 0);
  return payload + frames * overhead_of(zstd);
}

ByteVec print_frames(Footer footer, ByteVec index) {
  footer.packed_index_bytes = index.size() - kHashedFooterBytes;
  ByteVec foot = print_footer(footer);
  std::ranges::copy(foot, index.begin());
  put_bytes(foot, blake2b16(index));
  ByteVec out;
  out.reserve(static_cast<std::size_t>(framed_bytes(footer.packed_index_bytes, footer.zstd)) +
              kFootFrameBytes);
  ByteView left = ByteView(index).subspan(kHashedFooterBytes);
  while (!left.empty()) {
    const std::size_t count = std::min(left.size(), kFramePayloadBytes);
    put_frame(out, kIndexId, left.first(count), footer.zstd);
    left = left.subspan(count);
  }
  put_frame(out, kFootId, foot, footer.zstd);
  return out;
}

std::optional<FoundFooter> parse_footer(ByteView frame) {
  const bool zstd = frame.size() == kZstdFootFrameBytes;
  if (!zstd && frame.size() != kFootFrameBytes) return std::nullopt;
  const auto payload = framed_payload(kFootId, frame, zstd);
  if (!payload || as_text(payload->first(kFooterMagic.size())) != kFooterMagic) return std::nullopt;
  IndexReader reader(payload->subspan(kFooterMagic.size()));
  if (reader.fixed(2) != kFooterMajor) return std::nullopt;
  (void)reader.fixed(2);  // a later minor version only adds
  const std::uint64_t flags = reader.fixed(4);
  FoundFooter found;
  found.fields.zstd = (flags & kZstdFlag) != 0;
  if (found.fields.zstd != zstd) return std::nullopt;
  found.fields.gzip = (flags & kGzipFlag) != 0;
  found.fields.hashes = (flags & kHashesFlag) != 0;
  found.fields.stat = (flags & kStatFlag) != 0;
  found.fields.main_bytes = reader.fixed(8);
  found.fields.packed_index_bytes = reader.fixed(8);
  found.fields.plain_index_bytes = reader.fixed(8);
  found.fields.tar_bytes = reader.fixed(8);
  found.raw.assign(payload->begin(), payload->end());
  return found;
}

std::optional<ByteVec> parse_frames(const FoundFooter& footer, ByteView frames) {
  const ByteView raw(footer.raw);
  const bool zstd = footer.fields.zstd;
  ByteVec hashed;
  hashed.reserve(kHashedFooterBytes + frames.size());
  put_bytes(hashed, raw.first(kHashedFooterBytes));
  while (!frames.empty()) {
    const std::size_t size = std::min(frames.size(), kFramePayloadBytes + overhead_of(zstd));
    const auto payload = framed_payload(kIndexId, frames.first(size), zstd);
    if (!payload) return std::nullopt;
    put_bytes(hashed, *payload);
    frames = frames.subspan(size);
  }
  if (!std::ranges::equal(blake2b16(hashed), raw.subspan(kHashedFooterBytes))) return std::nullopt;
  hashed.erase(hashed.begin(), hashed.begin() + kHashedFooterBytes);
  return hashed;
}

}  // namespace backshelf
