#include "engine/tar/raw_header.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/tar/header_block.h"

namespace backshelf {
namespace {

constexpr std::uint64_t kMaxOctalSize = 8'589'934'591;  // 8^11 - 1; beyond it a PAX record says it

void put_text(ByteSpan block, Field field, std::string_view text) {
  const std::size_t count = std::min(text.size(), field.length);
  std::memcpy(block.data() + field.offset, text.data(), count);
}

// Octal digits that fill the field but for its closing NUL. REQUIRES: they fit.
void put_number(ByteSpan block, Field field, std::uint64_t number) {
  std::string text(field.length - 1, '0');
  for (std::size_t i = text.size(); i > 0; --i, number /= 8) {
    text[i - 1] = static_cast<char>('0' + number % 8);
  }
  put_text(block, field, text);
}

// The header as Python's tarfile writes it: blank device numbers, checksum as six digits, NUL, ' '.
ByteVec ustar_block(std::string_view name, char type, std::uint32_t mode, std::uint64_t size,
                    std::int64_t mtime) {
  ByteVec block(kTarBlock);
  put_text(block, tar_field::kName, name);
  put_number(block, tar_field::kMode, mode);
  put_number(block, tar_field::kUid, 0);
  put_number(block, tar_field::kGid, 0);
  put_number(block, tar_field::kSize, size);
  const bool fits = mtime >= 0 && static_cast<std::uint64_t>(mtime) <= kMaxOctalSize;
  put_number(block, tar_field::kMtime, fits ? static_cast<std::uint64_t>(mtime) : 0);
  put_text(block, tar_field::kType, std::string_view(&type, 1));
  put_text(block, tar_field::kMagic, std::string_view("ustar\00000", 8));
  put_text(block, tar_field::kChecksum, "        ");
  std::uint64_t sum = 0;
  for (const std::byte byte : block) sum += std::to_integer<unsigned>(byte);
  put_number(block, {tar_field::kChecksum.offset, 7}, sum);
  block[tar_field::kChecksum.offset + 6] = std::byte{0};
  return block;
}

// The length in front counts its own digits.
std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + std::to_string(rest).size();
  length = rest + std::to_string(length).size();
  return concat(length, " ", key, "=", value, "\n");
}

std::string fractional(std::int64_t seconds, std::uint32_t nanoseconds) {
  const bool flip = seconds < 0 && nanoseconds > 0;  // -1 s + 0.25 s is written "-0.75"
  if (flip) {
    ++seconds;
    nanoseconds = 1'000'000'000 - nanoseconds;
  }
  std::string digits = std::to_string(1'000'000'000 + std::uint64_t{nanoseconds}).substr(1);
  while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
  return concat(flip && seconds == 0 ? "-" : "", seconds, ".", digits);
}

}  // namespace

std::optional<RawHeader> parse_raw_header(ByteView block) {
  if (!has_good_checksum(block)) return std::nullopt;
  const auto size = tar_number(field_bytes(block, tar_field::kSize));
  const auto mode = tar_number(field_bytes(block, tar_field::kMode));
  const auto mtime = tar_number(field_bytes(block, tar_field::kMtime));
  if (!size || *size < 0 || !mode || !mtime) return std::nullopt;
  RawHeader header;
  header.name = header_name(block);
  header.type = field_bytes(block, tar_field::kType)[0];
  header.size = static_cast<std::uint64_t>(*size);
  header.mode = static_cast<std::uint32_t>(*mode & 07777);
  header.mtime = *mtime;
  header.link_name = field_text(block, tar_field::kLinkName);
  header.ustar = field_bytes(block, tar_field::kMagic).starts_with("ustar");
  return header;
}

bool is_zero_block(ByteView block) {
  return std::ranges::all_of(block, [](std::byte byte) { return byte == std::byte{0}; });
}

bool walk_pax(ByteView records, const OnPaxRecord& take) {
  PaxReader reader(as_text(records));
  while (reader.next()) take(reader.key(), reader.value());
  return !reader.malformed();
}

ByteVec make_member_header(const MemberHeader& member) {
  std::string records =
      pax_record("mtime", fractional(member.mtime_seconds, member.mtime_nanoseconds));
  const bool large = member.size > kMaxOctalSize;
  if (large) records += pax_record("size", std::to_string(member.size));
  if (member.name.size() > tar_field::kName.length) records += pax_record("path", member.name);
  if (records.size() > kTarBlock) {
    throw Error(ErrorKind::kInvalid, "writing a member header", "the member's name is too long");
  }
  ByteVec header = ustar_block("././@PaxHeader", 'x', 0, records.size(), 0);
  header.resize(2 * kTarBlock);
  std::memcpy(header.data() + kTarBlock, records.data(), records.size());
  const ByteVec main =
      ustar_block(member.name, '0', 0644, large ? 0 : member.size, member.mtime_seconds);
  header.insert(header.end(), main.begin(), main.end());
  return header;
}

ByteVec make_plain_header(const MemberHeader& member) {
  if (member.name.size() > tar_field::kName.length || member.size > kMaxOctalSize) {
    throw Error(ErrorKind::kInvalid, "writing a member header",
                "a plain header cannot hold this name or size");
  }
  return ustar_block(member.name, '0', 0644, member.size, member.mtime_seconds);
}

std::optional<EntryType> entry_type(char type, std::string_view path) {
  switch (type) {
    case '1':
      return EntryType::kHardlink;
    case '2':
      return EntryType::kSymlink;
    case '3':
      return EntryType::kCharDevice;
    case '4':
      return EntryType::kBlockDevice;
    case '5':
    case 'D':
      return EntryType::kDirectory;
    case '6':
      return EntryType::kFifo;
    case 'V':
    case 'M':
    case 'N':
    case 'A':
      return std::nullopt;
    default:
      // POSIX: what is unknown is a file. Tars older than type '5' mark folders by the slash.
      return path.ends_with('/') && type != 'S' ? EntryType::kDirectory : EntryType::kFile;
  }
}

}  // namespace backshelf
