#include <limits>

#include "engine/archive/file_columns.h"
#include "engine/archive/index_bytes.h"
#include "engine/archive/tail_index.h"

namespace backshelf {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

// Both at most `kMost` together.
[[nodiscard]] bool adds_up(std::uint64_t a, std::uint64_t b) {
  return a <= kMost - b;
}

// The rows of attributes, by number. Decoded where they are wanted: a hostile section of many rows
// then costs 8 bytes for each of at least 6.
class AttributeRows {
 public:
  explicit AttributeRows(ByteView rows) : rows_(rows) {
    IndexReader reader(rows);
    Entry entry;
    while (reader.left() > 0 && reader.good()) {
      offsets_.push_back(rows.size() - reader.left());
      good_ = decode(reader, entry);
      if (!good_) return;
    }
  }
  [[nodiscard]] bool good() const { return good_; }

  [[nodiscard]] bool is_filled(std::uint64_t row) const { return row == filled_; }
  [[nodiscard]] bool fill(std::uint64_t row, Entry& entry) {
    if (row >= offsets_.size()) return false;
    IndexReader reader(rows_.subspan(offsets_[static_cast<std::size_t>(row)]));
    filled_ = row;
    return decode(reader, entry);
  }

 private:
  [[nodiscard]] static bool decode(IndexReader& reader, Entry& entry) {
    const std::uint64_t type = reader.varint(), mode = reader.varint();
    entry.uid = unzigzag(reader.varint());
    entry.gid = unzigzag(reader.varint());
    entry.user_name = reader.text();
    entry.group_name = reader.text();
    entry.type = static_cast<EntryType>(type);
    entry.mode = static_cast<std::uint32_t>(mode);
    return reader.good() && type <= static_cast<std::uint64_t>(EntryType::kBlockDevice) &&
           mode <= std::numeric_limits<std::uint32_t>::max();
  }

  ByteView rows_;
  std::vector<std::size_t> offsets_;
  std::uint64_t filled_ = kMost;
  bool good_ = true;
};

class FileReader {
 public:
  FileReader(const std::vector<ByteView>& columns, ByteView sparse)
      : rows_(columns[kRowsColumn]), sparse_(sparse) {
    for (std::size_t i = 0; i < kFileColumns; ++i) columns_[i] = IndexReader(columns[i]);
  }

  [[nodiscard]] bool read_all(const VisitFile& visit) {
    const std::uint64_t count = columns_[kFlagColumn].left();
    if (count > kMaxIndexEntries || !rows_.good()) return false;
    for (std::uint64_t i = 0; i < count; ++i) {
      if (!next()) return false;
      visit(entry_, body_);
    }
    return ended();
  }

 private:
  [[nodiscard]] std::uint64_t varint(FileColumn column) { return columns_[column].varint(); }

  [[nodiscard]] bool next() {
    const auto flags = static_cast<unsigned>(columns_[kFlagColumn].fixed(1));
    if (flags > kKnownFileFlags || !next_path() || !next_row()) return false;
    seconds_ = wrapped_sum(seconds_, unzigzag(varint(kSecondsColumn)));
    const std::uint64_t nanoseconds = columns_[kNanosecondsColumn].fixed(4);
    entry_.mtime = {seconds_, static_cast<std::uint32_t>(nanoseconds)};
    entry_.size = varint(kSizeColumn);
    return nanoseconds < kNanosPerSecond && next_place(flags) && next_link(flags) &&
           next_device(flags) && next_extents(flags);
  }

  [[nodiscard]] bool next_path() {
    const std::uint64_t shared = varint(kSharedColumn), rest = varint(kSuffixBytesColumn);
    const ByteView suffix = columns_[kSuffixColumn].view(rest);
    if (shared > entry_.path.size() || suffix.size() != rest) return false;
    entry_.path.resize(static_cast<std::size_t>(shared));
    entry_.path.append(as_text(suffix));
    return within_limits(entry_.path);
  }

  [[nodiscard]] bool next_row() {
    const std::uint64_t row = varint(kRowColumn);
    if (rows_.is_filled(row)) return true;
    return rows_.fill(row, entry_) && within_limits(entry_.user_name) &&
           within_limits(entry_.group_name);
  }

  [[nodiscard]] bool within_limits(const std::string& name) {
    all_names_ += name.size();
    return name.size() <= kMaxIndexNameBytes && all_names_ <= kMaxIndexAllNameBytes;
  }

  [[nodiscard]] bool next_place(unsigned flags) {
    body_.header_offset = end_ + static_cast<std::uint64_t>(unzigzag(varint(kGapColumn)));
    const std::uint64_t header_bytes = varint(kHeaderBytesColumn);
    body_.data_offset = body_.header_offset + header_bytes;
    body_.stored_size = (flags & kStoredFlag) != 0 ? varint(kStoredColumn) : entry_.size;
    body_.complete = (flags & kIncompleteFlag) == 0;
    if (!adds_up(body_.header_offset, header_bytes)) return false;
    end_ = padded_end(body_.data_offset + body_.stored_size);
    return adds_up(body_.data_offset, body_.stored_size);
  }

  [[nodiscard]] bool next_link(unsigned flags) {
    entry_.link_target.clear();
    if ((flags & kLinkFlag) == 0) return true;
    entry_.link_target = columns_[kLinkColumn].text();
    return !entry_.link_target.empty() && within_limits(entry_.link_target);
  }

  [[nodiscard]] bool next_device(unsigned flags) {
    entry_.device_major = entry_.device_minor = 0;
    if ((flags & kDeviceFlag) == 0) return true;
    const std::uint64_t major = varint(kDeviceColumn), minor = varint(kDeviceColumn);
    entry_.device_major = static_cast<std::uint32_t>(major);
    entry_.device_minor = static_cast<std::uint32_t>(minor);
    return entry_.device_major == major && entry_.device_minor == minor;
  }

  [[nodiscard]] bool next_extents(unsigned flags) {
    body_.extents.clear();
    if ((flags & kSparseFlag) == 0) return true;
    const std::uint64_t count = varint(kExtentsColumn);
    all_extents_ += count;
    if (count > kMaxFileExtents || all_extents_ > kMaxAllExtents) return false;
    std::uint64_t logical = 0, stored = body_.data_offset;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t hole = sparse_.varint();
      stored += static_cast<std::uint64_t>(unzigzag(sparse_.varint()));
      const std::uint64_t length = sparse_.varint();
      if (length == 0 || !adds_up(logical, hole) || !adds_up(logical + hole, length) ||
          !adds_up(stored, length)) {
        return false;
      }
      logical += hole;
      body_.extents.push_back({logical, stored, length});
      logical += length;
      stored += length;
    }
    return count > 0;
  }

  // A column that ran out gave zeros, and one that has bytes left belongs to other entries.
  [[nodiscard]] bool ended() const {
    bool good = sparse_.good() && sparse_.left() == 0;
    for (std::size_t i = 0; i < kXattrColumn; ++i) {
      if (i != kRowsColumn) good = good && columns_[i].good() && columns_[i].left() == 0;
    }
    return good;
  }

  std::array<IndexReader, kFileColumns> columns_;
  AttributeRows rows_;
  IndexReader sparse_;
  Entry entry_;  // lent to every visit: its texts keep their memory
  BodyLocation body_;
  std::int64_t seconds_ = 0;
  std::uint64_t end_ = 0, all_names_ = 0, all_extents_ = 0;
};

}  // namespace

bool read_files(ByteView files, ByteView sparse, const VisitFile& visit) {
  const auto columns = parse_columns(files, kFileColumns);
  return columns && FileReader(*columns, sparse).read_all(visit);
}

std::optional<std::vector<std::optional<FileStat>>> read_stats(ByteView stat) {
  const auto columns = parse_columns(stat, kStatColumns);
  if (!columns || (*columns)[kPresentColumn].size() > kMaxIndexEntries) return std::nullopt;
  IndexReader devices((*columns)[kDeviceNumberColumn]), inodes((*columns)[kInodeColumn]),
      seconds((*columns)[kChangeSecondsColumn]), rests((*columns)[kChangeNanosecondsColumn]);
  std::vector<std::optional<FileStat>> stats;
  stats.reserve((*columns)[kPresentColumn].size());
  FileStat last;
  std::int64_t last_seconds = 0;
  for (const std::byte present : (*columns)[kPresentColumn]) {
    stats.emplace_back();
    if (present == std::byte{0}) continue;
    if (present != std::byte{1}) return std::nullopt;
    last.device += static_cast<std::uint64_t>(unzigzag(devices.varint()));
    last.inode += static_cast<std::uint64_t>(unzigzag(inodes.varint()));
    last_seconds = wrapped_sum(last_seconds, unzigzag(seconds.varint()));
    const auto rest = static_cast<std::int64_t>(rests.fixed(4));
    last.ctime_ns = wrapped_sum(
        static_cast<std::int64_t>(static_cast<std::uint64_t>(last_seconds) * kNanosPerSecond),
        rest);
    if (rest >= kNanosPerSecond) return std::nullopt;
    stats.back() = last;
  }
  for (const IndexReader& column : {devices, inodes, seconds, rests}) {
    if (!column.good() || column.left() > 0) return std::nullopt;
  }
  return stats;
}

}  // namespace backshelf
