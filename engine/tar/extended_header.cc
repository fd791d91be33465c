#include "engine/tar/extended_header.h"

#include <charconv>
#include <cmath>

#include "engine/tar/header_block.h"

namespace backshelf {
namespace {

constexpr double kMaxSeconds = 9e18;  // fits 63 bits
constexpr std::uint32_t kNanoseconds = 1'000'000'000;

std::optional<std::int64_t> signed_decimal(std::string_view text) {
  const bool negative = text.starts_with('-');
  const auto value = decimal(negative ? text.substr(1) : text);
  if (!value) return std::nullopt;
  const auto number = static_cast<std::int64_t>(*value);
  return negative ? -number : number;
}

std::optional<Timestamp> time_of_float(std::string_view text) {
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  if (!(std::abs(value) < kMaxSeconds)) return std::nullopt;  // also "nan"
  const double whole = std::floor(value);
  const auto part = static_cast<std::uint32_t>((value - whole) * kNanoseconds);
  return Timestamp{static_cast<std::int64_t>(whole), std::min(part, kNanoseconds - 1)};
}

template <typename T>
bool set(std::optional<T>& target, std::optional<T> value) {
  if (!value) return false;
  target = std::move(value);
  return true;
}

}  // namespace

std::optional<Timestamp> pax_time(std::string_view text) {
  if (text.find_first_of("eE") != std::string_view::npos) return time_of_float(text);
  const bool negative = text.starts_with('-');
  const std::string_view plain = negative ? text.substr(1) : text;
  const std::size_t dot = std::min(plain.find('.'), plain.size());
  const auto seconds = decimal(plain.substr(0, dot));
  if (!seconds) return std::nullopt;
  std::uint32_t nanoseconds = 0, unit = kNanoseconds / 10;
  for (const char c : plain.substr(std::min(dot + 1, plain.size()))) {
    if (c < '0' || c > '9') return std::nullopt;
    nanoseconds += static_cast<std::uint32_t>(c - '0') * unit;  // beyond nine digits unit is 0
    unit /= 10;
  }
  Timestamp time{static_cast<std::int64_t>(*seconds), nanoseconds};
  if (!negative) return time;
  time.seconds = -time.seconds;
  if (nanoseconds > 0) {
    --time.seconds;
    time.nanoseconds = kNanoseconds - nanoseconds;
  }
  return time;
}

bool ExtendedHeader::read_pax(std::string_view records) {
  bool good = true;
  PaxReader reader(records);
  while (reader.next()) {
    // POSIX: an empty value takes back what a global header said; the block's field counts then.
    if (!reader.value().empty()) good = take(reader.key(), reader.value()) && good;
  }
  malformed = malformed || reader.malformed();
  return good && !reader.malformed();
}

bool ExtendedHeader::take(std::string_view key, std::string_view value) {
  if (key == "path") return take_name(path, value);
  if (key == "linkpath") return take_name(link, value);
  if (key == "uname") return take_name(user, value);
  if (key == "gname") return take_name(group, value);
  if (key == "size") {
    bad_size = !set(size, decimal(value));
    return !bad_size;
  }
  if (key == "uid") return set(uid, signed_decimal(value));
  if (key == "gid") return set(gid, signed_decimal(value));
  if (key == "mtime") return set(mtime, pax_time(value));
  if (key == "SCHILY.devmajor") return set(device_major, signed_decimal(value));
  if (key == "SCHILY.devminor") return set(device_minor, signed_decimal(value));
  if (key.starts_with("GNU.sparse.")) {
    const bool good = take_sparse(key.substr(11), value);
    bad_sparse = bad_sparse || !good;
    return good;
  }
  // hdrcharset says how names are to be read; they are bytes here. Others carry no content.
  return true;
}

bool ExtendedHeader::take_name(std::optional<std::string>& target, std::string_view value) {
  if (value.size() > max_name_) {
    too_long = true;
    return false;
  }
  target.emplace(value);
  return true;
}

bool ExtendedHeader::take_sparse(std::string_view key, std::string_view value) {
  sparse = true;
  if (key == "size" || key == "realsize") return set(real_size, decimal(value));
  if (key == "name") return take_name(sparse_name, value);
  if (key == "map") return sparse_map.add_list(value);
  if (key == "offset") return set(sparse_offset, decimal(value));
  if (key == "numbytes") {
    const auto length = decimal(value);
    if (!length || !sparse_offset || !sparse_map.add(*sparse_offset, *length)) return false;
    sparse_offset.reset();
    return true;
  }
  if (key == "major") {
    sparse_map_in_front = value == "1";
    return value == "0" || value == "1";
  }
  return key == "minor" || key == "numblocks";
}

void ExtendedHeader::apply(Entry& entry) const {
  if (path) entry.path = *path;
  if (sparse_name) entry.path = *sparse_name;
  if (link) entry.link_target = *link;
  if (user) entry.user_name = *user;
  if (group) entry.group_name = *group;
  if (size) entry.size = *size;
  if (uid) entry.uid = *uid;
  if (gid) entry.gid = *gid;
  if (mtime) entry.mtime = *mtime;
  if (device_major) entry.device_major = static_cast<std::uint32_t>(*device_major);
  if (device_minor) entry.device_minor = static_cast<std::uint32_t>(*device_minor);
}

void ExtendedHeader::clear() {
  path.reset();
  link.reset();
  user.reset();
  group.reset();
  size.reset();
  uid.reset();
  gid.reset();
  device_major.reset();
  device_minor.reset();
  mtime.reset();
  too_long = malformed = bad_size = bad_sparse = false;
  clear_sparse();
}

void ExtendedHeader::clear_sparse() {
  sparse = sparse_map_in_front = false;
  sparse_name.reset();
  real_size.reset();
  sparse_offset.reset();
  sparse_map.clear();
}

}  // namespace backshelf
