#include "engine/archive/file_columns.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "engine/archive/index_bytes.h"
#include "engine/archive/tail_index.h"

namespace backshelf {
namespace {

// Beyond this many kinds of attributes equal ones are no longer looked for: the map's memory stays
// small whatever a foreign archive holds.
constexpr std::size_t kMaxKnownRows = 16'384;

std::size_t shared_bytes(std::string_view a, std::string_view b) {
  const std::size_t limit = std::min(a.size(), b.size());
  return static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(limit), b.begin()).first -
      a.begin());
}

}  // namespace

struct FileColumns::State {
  std::vector<ByteVec> files = std::vector<ByteVec>(kFileColumns);
  std::vector<ByteVec> stats = std::vector<ByteVec>(kStatColumns);
  ByteVec sparse, row, last_row;
  std::unordered_map<std::string, std::uint64_t> known_rows;
  std::uint64_t rows = 0, last_row_id = 0, count = 0;
  std::string last_path;
  std::int64_t last_seconds = 0, last_change_seconds = 0;
  std::uint64_t last_end = 0, last_inode = 0, last_device = 0;
  bool any_stat = false;

  void put(FileColumn column, std::uint64_t value) { put_varint(files[column], value); }

  void add_path(const std::string& path) {
    const std::size_t shared = shared_bytes(last_path, path);
    put(kSharedColumn, shared);
    put(kSuffixBytesColumn, path.size() - shared);
    put_bytes(files[kSuffixColumn], as_bytes(std::string_view(path).substr(shared)));
    last_path.replace(shared, std::string::npos, path, shared);
  }

  void add_row(const Entry& entry) {
    row.clear();
    put_varint(row, static_cast<std::uint64_t>(entry.type));
    put_varint(row, entry.mode);
    put_varint(row, zigzag(entry.uid));
    put_varint(row, zigzag(entry.gid));
    put_text(row, entry.user_name);
    put_text(row, entry.group_name);
    if (row != last_row) {
      last_row = row;
      last_row_id = row_id();
    }
    put(kRowColumn, last_row_id);
  }

  [[nodiscard]] std::uint64_t row_id() {
    if (const auto found = known_rows.find(std::string(as_text(row))); found != known_rows.end()) {
      return found->second;
    }
    if (known_rows.size() < kMaxKnownRows) known_rows.emplace(as_text(row), rows);
    put_bytes(files[kRowsColumn], row);
    return rows++;
  }

  void add_time(const Timestamp& mtime) {
    put(kSecondsColumn, zigzag(wrapped_difference(mtime.seconds, last_seconds)));
    put_fixed(files[kNanosecondsColumn], mtime.nanoseconds, 4);
    last_seconds = mtime.seconds;
  }

  void add_place(const BodyLocation& body) {
    put(kGapColumn, zigzag(static_cast<std::int64_t>(body.header_offset - last_end)));
    put(kHeaderBytesColumn, body.data_offset - body.header_offset);
    last_end = padded_end(body.data_offset + body.stored_size);
  }

  void add_extents(const BodyLocation& body) {
    put(kExtentsColumn, body.extents.size());
    std::uint64_t logical = 0, stored = body.data_offset;
    for (const Extent& extent : body.extents) {
      put_varint(sparse, extent.logical_offset - logical);
      put_varint(sparse, zigzag(static_cast<std::int64_t>(extent.stored_offset - stored)));
      put_varint(sparse, extent.length);
      logical = extent.logical_offset + extent.length;
      stored = extent.stored_offset + extent.length;
    }
  }

  // What few entries have.
  void add_extras(const Entry& entry, const BodyLocation& body) {
    unsigned flags = 0;
    if (body.stored_size != entry.size) {
      flags |= kStoredFlag;
      put(kStoredColumn, body.stored_size);
    }
    if (!body.complete) flags |= kIncompleteFlag;
    if (!entry.link_target.empty()) {
      flags |= kLinkFlag;
      put_text(files[kLinkColumn], entry.link_target);
    }
    if (entry.device_major != 0 || entry.device_minor != 0) {
      flags |= kDeviceFlag;
      put(kDeviceColumn, entry.device_major);
      put(kDeviceColumn, entry.device_minor);
    }
    if (!body.extents.empty()) {
      flags |= kSparseFlag;
      add_extents(body);
    }
    files[kFlagColumn].push_back(static_cast<std::byte>(flags));
  }

  void add_stat(const std::optional<FileStat>& stat) {
    stats[kPresentColumn].push_back(static_cast<std::byte>(stat.has_value()));
    if (!stat) return;
    any_stat = true;
    std::int64_t seconds = stat->ctime_ns / kNanosPerSecond;
    std::int64_t rest = stat->ctime_ns % kNanosPerSecond;
    if (rest < 0) {
      rest += kNanosPerSecond;
      --seconds;
    }
    const auto delta = [](std::uint64_t a, std::uint64_t b) {
      return zigzag(static_cast<std::int64_t>(a - b));
    };
    put_varint(stats[kDeviceNumberColumn], delta(stat->device, last_device));
    put_varint(stats[kInodeColumn], delta(stat->inode, last_inode));
    put_varint(stats[kChangeSecondsColumn], zigzag(seconds - last_change_seconds));
    put_fixed(stats[kChangeNanosecondsColumn], static_cast<std::uint64_t>(rest), 4);
    last_device = stat->device;
    last_inode = stat->inode;
    last_change_seconds = seconds;
  }
};

FileColumns::FileColumns() : state_(std::make_unique<State>()) {}
FileColumns::~FileColumns() = default;
FileColumns::FileColumns(FileColumns&&) noexcept = default;
FileColumns& FileColumns::operator=(FileColumns&&) noexcept = default;

void FileColumns::add(const Entry& entry, const BodyLocation& body,
                      const std::optional<FileStat>& stat) {
  State& state = *state_;
  state.add_path(entry.path);
  state.add_row(entry);
  state.add_time(entry.mtime);
  state.put(kSizeColumn, entry.size);
  state.add_place(body);
  state.add_extras(entry, body);
  state.add_stat(stat);
  ++state.count;
}

std::uint64_t FileColumns::count() const {
  return state_->count;
}

FileColumns::Sections FileColumns::take() {
  Sections sections;
  sections.files = print_columns(state_->files);
  sections.sparse = std::move(state_->sparse);
  if (state_->any_stat) sections.stat = print_columns(state_->stats);
  return sections;
}

}  // namespace backshelf
