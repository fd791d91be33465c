#include "engine/archive/outer_repair.h"

#include <algorithm>
#include <limits>

#include "engine/securetar/header.h"
#include "engine/tar/raw_header.h"

namespace backshelf {
namespace {

constexpr std::uint64_t kPaxSizeFrom = 8 * kGiB;  // an octal size field ends one byte below
constexpr std::size_t kSearchBytes = 1 << 20;     // read at once while looking for a header
// In front of a header that is looked for: each block of a hostile archive may claim that many.
constexpr std::uint64_t kSearchedExtensionBytes = 4 * kKiB;
constexpr std::uint64_t kOverwrittenBytes = 1024;  // by the grown header of Supervisor 2024.02.0

// How sure it is that a member ends where the next header would be.
enum class Proof { kNone, kSomeHeader, kZeros, kOuterHeader };

Proof proof_at(const RandomSource& archive, std::uint64_t data_end, std::uint64_t next) {
  if (next >= archive.size()) {
    return data_end <= archive.size() ? Proof::kOuterHeader : Proof::kNone;
  }
  GlobalPax globals;
  const HeaderLook look = look_for_header(archive, next, globals);
  switch (look.found) {
    case HeaderLook::Found::kHeader:
      return belongs_outside(look.header) ? Proof::kOuterHeader : Proof::kSomeHeader;
    case HeaderLook::Found::kZeros:
      return Proof::kZeros;
    default:
      return Proof::kNone;
  }
}

struct Candidate {
  std::uint64_t size = 0;
  std::string remark;
  bool head_lost = false;
  bool exact = false;  // told by the member itself: better than a header's word of equal proof
};

constexpr char kStale[] =
    "Home Assistant left a wrong size in its header when it changed the encryption of a large "
    "backup; the true size was found";

// What a member was before it was encrypted, or after: the size its stale PAX record does not tell.
void add_stale_sizes(const SealHeader& seal, std::uint64_t declared, std::vector<Candidate>& to) {
  const bool has_size =
      seal.plain_size != 0 && seal.plain_size < std::numeric_limits<std::int64_t>::max();
  // The stale size is the plaintext's, to the byte: then the member's own header is right.
  const bool exact = seal.plain_size == declared;
  if (seal.format == SealFormat::kV2 && has_size) {
    to.push_back({v2_sealed_size(seal.plain_size), kStale, false, exact});
  }
  if (seal.format == SealFormat::kV3 && has_size) {
    to.push_back({v3_sealed_size(seal.plain_size), kStale, false, exact});
  }
  if (seal.format != SealFormat::kPlainGzip && seal.format != SealFormat::kPlainTar) return;
  if (const auto plain = v3_plain_size(declared)) to.push_back({*plain, kStale});
  if (declared < kV2HeaderBytes + 16 || declared % 16 != 0) return;
  // v2 pads with 1 to 16 bytes; how many is lost. Zeros behind a gzip or tar do no harm.
  const std::uint64_t smallest = declared - kV2HeaderBytes - 16;
  if (smallest % kTarBlock == 0) to.push_back({smallest, kStale});
  to.push_back({smallest + 15, kStale});
}

std::vector<Candidate> candidates_of(const RandomSource& archive, const OuterHeader& header) {
  std::vector<Candidate> candidates;
  const std::uint64_t declared = header.declared_size();
  if (header.pax_size && header.ustar_size != 0 && header.ustar_size != declared) {
    candidates.push_back({header.ustar_size, kStale, false, true});
  }
  ByteVec start(kSniffBytes);
  start.resize(archive.read_at(header.data_offset, start));
  add_stale_sizes(sniff(start), declared, candidates);
  if (header.pax_size && declared >= kPaxSizeFrom) {
    candidates.push_back({declared - kOverwrittenBytes,
                          "Supervisor 2024.02.0 overwrote its first 1024 bytes with its header; "
                          "they are lost, the members behind it are not",
                          true});
  }
  return candidates;
}

SizeFinding settle(const OuterHeader& header, const Candidate& candidate) {
  SizeFinding finding;
  finding.size = candidate.size;
  finding.next_offset = padded_end(header.data_offset, candidate.size);
  finding.remark = candidate.remark;
  finding.head_lost = candidate.head_lost;
  return finding;
}

// A header whose size was never patched in: what follows up to the next header belongs to it.
SizeFinding find_unfinished(const RandomSource& archive, const OuterHeader& header) {
  SizeFinding finding;
  finding.unfinished = true;
  finding.remark = "the backup was broken off while this was written: its header has no size";
  const auto next = find_next_header(archive, header.data_offset + kTarBlock);
  finding.next_offset = next.value_or(archive.size());
  finding.size = finding.next_offset - header.data_offset;
  return finding;
}

}  // namespace

std::uint64_t padded_end(std::uint64_t offset, std::uint64_t size) {
  constexpr std::uint64_t kLimit = std::numeric_limits<std::uint64_t>::max() - kTarBlock;
  if (size > kLimit - offset) return kLimit;
  return (offset + size + kTarBlock - 1) / kTarBlock * kTarBlock;
}

SizeFinding find_true_size(const RandomSource& archive, const OuterHeader& header) {
  const std::uint64_t declared = header.declared_size();
  const auto proof_of = [&](std::uint64_t size) {
    const std::uint64_t next = padded_end(header.data_offset, size);
    const bool overflows = size > std::numeric_limits<std::uint64_t>::max() - header.data_offset;
    return overflows ? Proof::kNone : proof_at(archive, header.data_offset + size, next);
  };
  SizeFinding finding = settle(header, {declared, {}});
  Proof best = proof_of(declared);
  const bool inner = header.type == EntryType::kFile && split_inner_name(header.name);
  // Only members of 8 GiB and more, now or once, have such a record.
  const bool doubtful = header.pax_size.has_value();
  if (!inner || (best == Proof::kOuterHeader && !doubtful)) return finding;
  for (const Candidate& candidate : candidates_of(archive, header)) {
    const Proof proof = proof_of(candidate.size);
    // A member of 1024 bytes behind an overwritten head makes both ends look right; but inside of
    // what is packed or sealed there is no header.
    const bool inside = candidate.head_lost && proof == Proof::kOuterHeader;
    const bool decisive = doubtful && (candidate.exact || inside);
    const bool better = proof > best || (proof == best && decisive);
    if (proof == Proof::kNone || !better || candidate.size == declared) continue;
    best = proof;
    finding = settle(header, candidate);
  }
  const bool sure = best == Proof::kZeros || best == Proof::kOuterHeader;
  if (declared == 0 && finding.size == 0 && !sure && header.data_offset < archive.size()) {
    return find_unfinished(archive, header);
  }
  return finding;
}

std::optional<std::uint64_t> find_used_block(const RandomSource& archive, std::uint64_t offset,
                                             std::uint64_t limit) {
  ByteVec buffer(16 * kKiB);  // the zeros at a sound end are 10 KiB
  for (const std::uint64_t from = offset; offset - from < limit;) {
    const ByteView got = ByteView(buffer).first(archive.read_at(offset, buffer));
    const auto used = std::ranges::find_if(got, [](std::byte b) { return b != std::byte{0}; });
    const auto zeros = static_cast<std::uint64_t>(used - got.begin());
    if (used != got.end()) return offset + zeros / kTarBlock * kTarBlock;
    if (got.size() < buffer.size()) break;
    offset += got.size();
    buffer.resize(kSearchBytes);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> find_next_header(const RandomSource& archive, std::uint64_t offset) {
  ByteVec buffer(kSearchBytes);
  while (offset < archive.size()) {
    const std::size_t got = archive.read_at(offset, buffer);
    for (std::size_t at = 0; at + kTarBlock <= got; at += kTarBlock) {
      const ByteView block = ByteView(buffer).subspan(at, kTarBlock);
      if (as_text(block.subspan(257, 5)) != "ustar") continue;
      GlobalPax globals;
      const HeaderLook look =
          look_for_header(archive, offset + at, globals, kSearchedExtensionBytes);
      if (look.found == HeaderLook::Found::kHeader && belongs_outside(look.header)) {
        return offset + at;
      }
    }
    if (got < buffer.size()) break;
    offset += got;
  }
  return std::nullopt;
}

}  // namespace backshelf
