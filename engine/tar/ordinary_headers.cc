#include <algorithm>
#include <array>
#include <charconv>

#include "engine/tar/header_block.h"
#include "engine/tar/pax_headers.h"
#include "engine/tar/raw_header.h"

namespace backshelf {
namespace {

constexpr std::string_view kPaxFolder = "PaxHeader/";
constexpr std::size_t kMaxPath = 88;       // with kPaxFolder and '/' it fits the name field
constexpr std::size_t kMaxOwnerName = 31;  // and a NUL
constexpr std::int64_t kMaxId = 0777777;   // what libarchive prints as six octal digits
constexpr std::uint64_t kMaxSize = 077777777777;
constexpr std::int64_t kMaxOctalSeconds = 017777777776;  // behind it libarchive adds a record

bool is_plain_text(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

// No empty, "." or ".." component: of such names libarchive makes others in the PAX header.
bool is_plain_path(std::string_view path) {
  if (path.empty() || path.size() > kMaxPath || !is_plain_text(path)) return false;
  while (true) {
    const std::string_view part = path.substr(0, path.find('/'));
    if (part.empty() || part == "." || part == "..") return false;
    if (part.size() == path.size()) return true;
    path.remove_prefix(part.size() + 1);
  }
}

bool is_ordinary(const Entry& entry) {
  if (entry.type != EntryType::kFile && entry.type != EntryType::kDirectory) return false;
  const bool ids = entry.uid >= 0 && entry.uid <= kMaxId && entry.gid >= 0 && entry.gid <= kMaxId;
  const bool names = entry.user_name.size() <= kMaxOwnerName && is_plain_text(entry.user_name) &&
                     entry.group_name.size() <= kMaxOwnerName && is_plain_text(entry.group_name);
  const bool time = entry.mtime.seconds >= 0 && entry.mtime.seconds <= kMaxOctalSeconds;
  return ids && names && time && entry.mode <= 0777 && entry.size <= kMaxSize &&
         is_plain_path(entry.path);
}

class Block {
 public:
  explicit Block(ByteSpan bytes) : bytes_(bytes) {}

  void text(Field field, std::string_view text) { put(field.offset, text); }
  // Octal digits that fill the field but for `end`.
  void number(Field field, std::uint64_t value, std::string_view end) {
    std::size_t at = field.offset + field.length - end.size();
    put(at, end);
    while (at > field.offset) {
      bytes_[--at] = static_cast<std::byte>('0' + (value & 7));
      value >>= 3;
    }
  }
  void checksum() {
    put(tar_field::kChecksum.offset, "        ");
    unsigned sum = 0;
    for (const std::byte b : bytes_) sum += std::to_integer<unsigned>(b);
    number({tar_field::kChecksum.offset, 6}, sum, "");
    bytes_[tar_field::kChecksum.offset + 6] = std::byte{0};
  }

 private:
  void put(std::size_t offset, std::string_view text) {
    std::ranges::copy(as_bytes(text), bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  ByteSpan bytes_;
};

constexpr std::string_view kEnd{" \0", 2};

void write_header(const Entry& entry, char type, std::string_view name, std::uint64_t size,
                  ByteSpan bytes) {
  Block block(bytes);
  block.text(tar_field::kName, name);
  block.number(tar_field::kMode, entry.mode, kEnd);
  block.number(tar_field::kUid, static_cast<std::uint64_t>(entry.uid), kEnd);
  block.number(tar_field::kGid, static_cast<std::uint64_t>(entry.gid), kEnd);
  block.number(tar_field::kSize, size, " ");
  block.number(tar_field::kMtime, static_cast<std::uint64_t>(entry.mtime.seconds), " ");
  block.text(tar_field::kType, {&type, 1});
  block.text(tar_field::kMagic, std::string_view("ustar\0"
                                                 "00",
                                                 8));
  block.text(tar_field::kUser, entry.user_name);
  block.text(tar_field::kGroup, entry.group_name);
  block.number(tar_field::kMajor, 0, kEnd);
  block.number(tar_field::kMinor, 0, kEnd);
  block.checksum();
}

// "28 mtime=1700000000.1234567\n": the length counts itself.
std::string mtime_record(Timestamp mtime) {
  std::string fraction = std::to_string(1'000'000'000 + mtime.nanoseconds).substr(1);
  fraction.resize(fraction.find_last_not_of('0') + 1);
  const std::string rest = concat(" mtime=", mtime.seconds, ".", fraction, "\n");
  const std::size_t size = rest.size() + 2;  // two digits: between 10 and 99 it is always
  return concat(size, rest);
}

ByteSpan grow(ByteVec& headers) {
  headers.resize(headers.size() + kTarBlock);
  return ByteSpan(headers).last(kTarBlock);
}

}  // namespace

bool append_ordinary_headers(const Entry& entry, ByteVec& headers) {
  if (!is_ordinary(entry)) return false;
  std::string name = entry.path;
  if (entry.mtime.nanoseconds != 0) {
    const std::size_t base = name.find_last_of('/') + 1;  // 0 without a folder
    name.insert(base, kPaxFolder);
    const std::string record = mtime_record(entry.mtime);
    write_header(entry, 'x', name, record.size(), grow(headers));
    std::ranges::copy(as_bytes(record), grow(headers).begin());
    name.erase(base, kPaxFolder.size());
  }
  const bool is_file = entry.type == EntryType::kFile;
  if (!is_file) name += '/';
  write_header(entry, is_file ? '0' : '5', name, is_file ? entry.size : 0, grow(headers));
  return true;
}

}  // namespace backshelf
