#include "engine/tar/entry_header.h"

#include "engine/tar/header_block.h"

namespace backshelf {
namespace {

std::int64_t number_or_zero(ByteView block, Field field) {
  return tar_number(field_bytes(block, field)).value_or(0);
}

}  // namespace

std::optional<std::uint64_t> stored_size(ByteView block) {
  if (!has_good_checksum(block)) return std::nullopt;
  const auto size = tar_number(field_bytes(block, tar_field::kSize));
  if (!size || *size < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*size);
}

void read_entry(ByteView block, Entry& entry) {
  entry.path = header_name(block);
  entry.link_target = field_text(block, tar_field::kLinkName);
  entry.mode = static_cast<std::uint32_t>(number_or_zero(block, tar_field::kMode) & 07777);
  entry.uid = number_or_zero(block, tar_field::kUid);
  entry.gid = number_or_zero(block, tar_field::kGid);
  entry.user_name.clear();
  entry.group_name.clear();
  entry.device_major = entry.device_minor = 0;
  if (field_bytes(block, tar_field::kMagic).starts_with("ustar")) {
    entry.user_name = field_text(block, tar_field::kUser);
    entry.group_name = field_text(block, tar_field::kGroup);
    entry.device_major = static_cast<std::uint32_t>(number_or_zero(block, tar_field::kMajor));
    entry.device_minor = static_cast<std::uint32_t>(number_or_zero(block, tar_field::kMinor));
  }
  entry.mtime = {number_or_zero(block, tar_field::kMtime), 0};
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
