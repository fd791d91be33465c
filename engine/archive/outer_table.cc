#include "engine/archive/outer_table.h"

#include <algorithm>
#include <array>

#include "engine/archive/outer_repair.h"
#include "engine/securetar/header.h"

namespace backshelf {
namespace {

std::string_view kind_of(EntryType type) {
  switch (type) {
    case EntryType::kHardlink:
      return "a hard link";
    case EntryType::kSymlink:
      return "a symbolic link";
    case EntryType::kFifo:
      return "a FIFO";
    case EntryType::kCharDevice:
    case EntryType::kBlockDevice:
      return "a device";
    default:
      return "";
  }
}

// What a file is that is no tar: people keep all sorts of things under such a name.
std::string describe(const RandomSource& archive) {
  if (archive.size() == 0) return "it is empty";
  std::array<std::byte, 16> start{};
  const std::string_view text = as_text(ByteView(start).first(archive.read_at(0, start)));
  const auto begins = [&](std::string_view magic) { return text.starts_with(magic); };
  if (begins("\x1f\x8b")) return "it is a gzip file; unpack it first (gunzip)";
  if (begins("BZh")) return "it is a bzip2 file; unpack it first (bunzip2)";
  if (begins("PK\x03\x04")) return "it is a zip file; unpack it first (unzip)";
  if (begins("\xfd"
             "7zXZ"))
    return "it is an xz file; unpack it first (unxz)";
  if (begins("\x28\xb5\x2f\xfd")) return "it is a zstd file; unpack it first (unzstd)";
  if (begins("7z\xbc\xaf\x27\x1c")) return "it is a 7z file; unpack it first";
  if (begins("SecureTar")) return "it is a single encrypted member, not a whole backup";
  const bool zeros = std::all_of(text.begin(), text.end(), [](char c) { return c == '\0'; });
  return zeros ? "it holds nothing but zeros at its start; get a whole copy of it"
               : "it is no tar file and nothing else that this program knows";
}

// Of the zeros behind which members are looked for: files that were made in their full length and
// never filled end in gigabytes of them.
constexpr std::uint64_t kMaxLostBytes = 64 * kMiB;

class TableReader {
 public:
  explicit TableReader(const RandomSource& archive) : archive_(archive) {}

  OuterTable read() {
    std::uint64_t offset = 0;
    while (table_.members.size() < kMaxOuterMembers) {
      const HeaderLook look = look_for_header(archive_, offset, globals_);
      if (look.found == HeaderLook::Found::kHeader) {
        offset = add(look.header);
        continue;
      }
      if (!go_on_behind(look.found, offset)) return finished();
    }
    note(concat("it has more than ", kMaxOuterMembers, " members; the rest is left out"));
    return finished();
  }

 private:
  // Adds the member; returns where the next header should be.
  std::uint64_t add(const OuterHeader& header) {
    const SizeFinding size = find_true_size(archive_, header);
    OuterMember member;
    member.name = header.name;
    member.type = header.type;
    member.header_offset = header.header_offset;
    member.data_offset = header.data_offset;
    member.size = size.size;
    const std::uint64_t behind = archive_.size() - std::min(archive_.size(), member.data_offset);
    member.available = std::min(member.size, behind);
    member.mtime = header.mtime;
    member.remark = size.remark;
    member.head_lost = size.head_lost;
    member.unfinished = size.unfinished;
    member.securetar_pax_v2 = header.securetar_pax_v2;
    if (const auto kind = kind_of(header.type); !kind.empty()) {
      member.remark = concat("it is ", kind, ", which is not followed");
    }
    if (size.unfinished || member.available < member.size) {
      table_.truncated = true;
      note(size.unfinished ? concat("the backup was broken off while ", member.name,
                                    " was written; it is not complete")
                           : concat("it ends inside ", member.name, ": ",
                                    member.size - member.available, " bytes are missing"));
    }
    table_.members.push_back(std::move(member));
    return size.next_offset;
  }

  // Whether there is anything to read on from; moves `offset` there.
  bool go_on_behind(HeaderLook::Found found, std::uint64_t& offset) {
    if (found == HeaderLook::Found::kEnd) {
      table_.end_is_marked = false;
      return false;
    }
    if (found == HeaderLook::Found::kZeros) return go_on_behind_zeros(offset);
    if (offset == 0 && !looks_like_header()) return false;
    if (found == HeaderLook::Found::kCut) {
      table_.truncated = true;
      note("it ends inside a header");
      return false;
    }
    note(concat("the header at ", offset, " is damaged; what it stood for is lost"));
    const auto next = find_next_header(archive_, offset + 512);
    if (next) offset = *next;
    return next.has_value();
  }

  // Zeros are the end, unless members follow: then they are a page that was lost.
  bool go_on_behind_zeros(std::uint64_t& offset) {
    const auto used = find_used_block(archive_, offset, kMaxLostBytes);
    const auto next = used ? find_next_header(archive_, *used) : std::nullopt;
    if (!next) return false;
    note(concat("from ", offset, " on are zeros; what stood there is lost"));
    offset = *next;
    return true;
  }

  // A first block that is wrong only by its checksum.
  [[nodiscard]] bool looks_like_header() const {
    std::array<std::byte, 5> magic{};
    return archive_.read_at(257, magic) == magic.size() && as_text(magic) == "ustar";
  }

  void note(std::string text) {
    if (table_.problem.empty()) table_.problem = std::move(text);
  }

  OuterTable finished() {
    table_.is_tar = !table_.members.empty();
    if (!table_.is_tar) {
      table_.truncated = false;
      table_.problem = describe(archive_);
    }
    return std::move(table_);
  }

  const RandomSource& archive_;
  GlobalPax globals_;
  OuterTable table_;
};

}  // namespace

OuterTable read_outer_table(const RandomSource& archive) {
  return TableReader(archive).read();
}

}  // namespace backshelf
