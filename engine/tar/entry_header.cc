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

}  // namespace backshelf
