#include "engine/securetar/header.h"

#include <algorithm>

namespace backshelf {
namespace {

constexpr std::string_view kMagic = "SecureTar";
constexpr std::string_view kZstdMagic = "\x28\xb5\x2f\xfd";
constexpr std::size_t kTarBlockBytes = 512;

template <std::size_t N>
void copy_field(ByteView start, std::size_t offset, std::array<std::byte, N>& field) {
  std::copy_n(start.begin() + static_cast<std::ptrdiff_t>(offset), N, field.begin());
}

bool looks_like_gzip(ByteView start) {
  // Method 8 is the only one there is; the upper flag bits are reserved (RFC 1952).
  return start.size() >= 4 && start[0] == std::byte{0x1f} && start[1] == std::byte{0x8b} &&
         start[2] == std::byte{8} && (start[3] & std::byte{0xe0}) == std::byte{0};
}

bool looks_like_zstd(ByteView start) {
  return start.size() >= kZstdMagic.size() && as_text(start.first(kZstdMagic.size())) == kZstdMagic;
}

// A header block of any tar flavour, v7 included, sums up to the octal number at 148.
bool has_tar_checksum(ByteView block) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < kTarBlockBytes; ++i) {
    sum += i >= 148 && i < 156 ? std::uint32_t{' '} : std::to_integer<std::uint32_t>(block[i]);
  }
  std::uint32_t stored = 0;
  bool digits = false;
  for (std::size_t i = 148; i < 156; ++i) {
    const char c = std::to_integer<char>(block[i]);
    if (c >= '0' && c <= '7') {
      stored = stored * 8 + static_cast<std::uint32_t>(c - '0');
      digits = true;
    } else if (digits || c != ' ') {
      break;
    }
  }
  return digits && stored == sum;
}

bool looks_like_tar(ByteView start) {
  if (start.size() < kTarBlockBytes) return false;
  if (as_text(start.subspan(257, 5)) == "ustar") return true;
  const bool all_zero =
      std::all_of(start.begin(), start.end(), [](std::byte b) { return b == std::byte{0}; });
  return all_zero || has_tar_checksum(start);
}

void read_v3_fields(ByteView start, SealHeader& header) {
  copy_field(start, 32, header.root_salt);
  copy_field(start, 48, header.validation_salt);
  copy_field(start, 64, header.validation_key);
  copy_field(start, 96, header.derivation_salt);
  copy_field(start, 112, header.stream_header);
}

SealHeader sniff_magic(ByteView start) {
  SealHeader header;
  if (start.size() < 16) {
    header.format = SealFormat::kUnsupported;
    header.complete = false;
    return header;
  }
  header.version = std::to_integer<std::uint8_t>(start[9]);
  header.reserved_zero = std::all_of(start.begin() + 10, start.begin() + 16,
                                     [](std::byte b) { return b == std::byte{0}; });
  const bool known = header.version == 2 || header.version == 3;
  if (!known || !header.reserved_zero) {
    header.format = SealFormat::kUnsupported;
    return header;
  }
  header.format = header.version == 2 ? SealFormat::kV2 : SealFormat::kV3;
  if (start.size() < (header.version == 2 ? kV2HeaderBytes : kV3HeaderBytes)) {
    header.complete = false;
    return header;
  }
  header.plain_size = load_be64(start.subspan(16));
  if (header.version == 2) {
    copy_field(start, 32, header.salt);
  } else {
    read_v3_fields(start, header);
  }
  return header;
}

}  // namespace

SealHeader sniff(ByteView start) {
  if (start.size() >= kMagic.size() && as_text(start.first(kMagic.size())) == kMagic) {
    return sniff_magic(start);
  }
  SealHeader header;
  if (start.empty()) return header;
  if (looks_like_gzip(start)) {
    header.format = SealFormat::kPlainGzip;
  } else if (looks_like_zstd(start)) {
    header.format = SealFormat::kPlainZstd;
  } else if (looks_like_tar(start)) {
    header.format = SealFormat::kPlainTar;
  } else {
    header.format = SealFormat::kV1;
    header.version = 1;
    header.complete = start.size() >= kV1HeaderBytes;
    if (header.complete) copy_field(start, 0, header.salt);
  }
  return header;
}

std::optional<std::uint64_t> v3_plain_size(std::uint64_t sealed) {
  if (sealed < v3_sealed_size(0)) return std::nullopt;
  std::uint64_t low = 0;
  std::uint64_t high = sealed;
  while (low < high) {  // v3_sealed_size grows strictly
    const std::uint64_t middle = low + (high - low) / 2;
    if (v3_sealed_size(middle) < sealed) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (v3_sealed_size(low) != sealed) return std::nullopt;
  return low;
}

}  // namespace backshelf
