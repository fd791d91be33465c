#include "engine/archive/outer_header.h"

#include <algorithm>
#include <charconv>

#include "engine/stream/adapters.h"
#include "engine/tar/raw_header.h"

namespace backshelf {
namespace {

constexpr int kMaxExtensions = 16;  // headers before one member; two are usual

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string without_dot_slash(std::string name) {
  while (name.starts_with("./")) name.erase(0, name.find_first_not_of('/', 1));
  return name;
}

std::string until_nul(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  return std::string(text.substr(0, text.find('\0')));
}

std::optional<Timestamp> parse_time(std::string_view text) {
  const std::size_t dot = text.find('.');
  const auto seconds = parse_number<std::int64_t>(text.substr(0, dot));
  if (!seconds) return std::nullopt;
  if (dot == std::string_view::npos) return Timestamp{*seconds, 0};
  std::string digits(text.substr(dot + 1, 9));
  digits.resize(9, '0');
  return Timestamp{*seconds, parse_number<std::uint32_t>(digits).value_or(0)};
}

// The records that are used, of one header or of all in front of a member. Others are not kept: a
// hostile archive has millions of them.
struct UsedRecords {
  std::optional<std::string> path;
  std::optional<std::uint64_t> size;
  std::optional<Timestamp> mtime;
  std::optional<bool> securetar_v2;

  void take(std::string_view key, std::string_view value) {
    if (key == "path") path.emplace(value);
    if (key == "size") size = parse_number<std::uint64_t>(value);
    if (key == "mtime") mtime = parse_time(value);
    if (key == "_securetar.version") securetar_v2 = value == "2.0";
  }
};

// What the extension headers in front of a member say about it.
struct Extension {
  UsedRecords records;
  std::string long_name;

  // False when the bytes are no extension header's.
  bool add(char type, ByteView body, GlobalPax& globals) {
    if (type == 'L') {
      long_name = until_nul(body);
      return true;
    }
    if (type == 'K') return true;
    UsedRecords read = type == 'g' ? UsedRecords() : records;
    const bool good = walk_pax(
        body, [&](std::string_view key, std::string_view value) { read.take(key, value); });
    if (good && type == 'g') {
      // A name or a size that all members share is none.
      if (read.mtime) globals.mtime = read.mtime;
      if (read.securetar_v2) globals.securetar_v2 = read.securetar_v2;
    } else if (good) {
      records = std::move(read);
    }
    return good;
  }
};

void apply(const Extension& extension, const GlobalPax& globals, OuterHeader& header) {
  const UsedRecords& own = extension.records;
  if (!extension.long_name.empty()) header.name = extension.long_name;
  if (own.path) header.name = *own.path;
  header.pax_size = own.size;
  if (const auto mtime = own.mtime ? own.mtime : globals.mtime) header.mtime = *mtime;
  const auto version = own.securetar_v2 ? own.securetar_v2 : globals.securetar_v2;
  header.securetar_pax_v2 = version.value_or(false);
}

}  // namespace

HeaderLook look_for_header(const RandomSource& archive, std::uint64_t offset, GlobalPax& globals,
                           std::uint64_t max_extension_bytes) {
  using Found = HeaderLook::Found;
  HeaderLook look;
  look.header.header_offset = offset;
  Extension extension;
  for (int i = 0; i <= kMaxExtensions; ++i) {
    std::array<std::byte, kTarBlock> block{};
    const std::size_t got = archive.read_at(offset, block);
    if (got == 0) {
      look.found = i == 0 ? Found::kEnd : Found::kCut;
      return look;
    }
    if (is_zero_block(block)) {  // what a short last block lacks counts as zeros
      look.found = i == 0 ? Found::kZeros : Found::kGarbage;
      return look;
    }
    if (got < kTarBlock) {
      look.found = Found::kCut;
      return look;
    }
    const auto raw = parse_raw_header(block);
    if (!raw) return look;
    offset += kTarBlock;
    if (raw->type == 'x' || raw->type == 'g' || raw->type == 'L' || raw->type == 'K') {
      if (raw->size > max_extension_bytes) return look;
      max_extension_bytes -= raw->size;
      ByteVec body(static_cast<std::size_t>(raw->size));
      if (archive.read_at(offset, body) < body.size()) {
        look.found = Found::kCut;
        return look;
      }
      if (!extension.add(raw->type, body, globals)) return look;
      offset += (raw->size + kTarBlock - 1) / kTarBlock * kTarBlock;
      continue;
    }
    OuterHeader& header = look.header;
    header.name = raw->name;
    header.type = entry_type(raw->type, raw->name).value_or(EntryType::kFile);
    header.data_offset = offset;
    header.ustar_size = raw->size;
    header.mtime = {raw->mtime, 0};
    apply(extension, globals, header);
    header.name = without_dot_slash(std::move(header.name));
    look.found = Found::kHeader;
    return look;
  }
  return look;
}

std::optional<InnerName> split_inner_name(std::string_view name) {
  for (const std::string_view suffix : {".tar.gz", ".tar.zst", ".tgz", ".tar"}) {
    if (name.size() > suffix.size() && name.ends_with(suffix)) {
      return InnerName{std::string(name.substr(0, name.size() - suffix.size())),
                       std::string(suffix)};
    }
  }
  return std::nullopt;
}

bool is_metadata_name(std::string_view name) {
  return name == "backup.json" || name == "snapshot.json";
}

bool belongs_outside(const OuterHeader& header) {
  if (header.type == EntryType::kDirectory) return false;
  return is_metadata_name(header.name) || split_inner_name(header.name).has_value();
}

}  // namespace backshelf
