#include "engine/tar/tar_scan.h"

#include <algorithm>
#include <array>
#include <limits>

#include "engine/tar/entry_header.h"
#include "engine/tar/extended_header.h"
#include "engine/tar/header_block.h"
#include "engine/tar/raw_header.h"
#include "engine/tar/tar_bytes.h"

namespace backshelf {
namespace {

using End = TarScanResult::End;

std::uint64_t padding_of(std::uint64_t size) {
  return (kTarBlock - size % kTarBlock) % kTarBlock;
}

class Scanner {
 public:
  Scanner(TarBytes& bytes, const TarVisit& visit, const TarScanLimits& limits)
      : bytes_(bytes),
        visit_(visit),
        limits_(limits),
        global_(limits.name_bytes, limits.file_extents),
        local_(limits.name_bytes, limits.file_extents) {}

  [[nodiscard]] TarScanResult run() {
    while (step()) {
    }
    if (result_.end_offset == 0) result_.end_offset = bytes_.offset();
    (void)bytes_.skip(std::numeric_limits<std::uint64_t>::max());
    note_failure();
    return std::move(result_);
  }

 private:
  // Each of these is false when the scan is over.
  [[nodiscard]] bool step();
  [[nodiscard]] bool extended(char type, std::uint64_t size);
  [[nodiscard]] bool entry(std::uint64_t size);
  [[nodiscard]] bool body(std::uint64_t stored, const char* left_out);
  [[nodiscard]] bool visit_entry();
  [[nodiscard]] bool data_ends(ByteView rest);
  [[nodiscard]] bool end_blocks();
  [[nodiscard]] bool resync();

  [[nodiscard]] const char* locate_pieces(std::uint64_t& stored);
  [[nodiscard]] bool body_follows(std::uint64_t size);
  [[nodiscard]] std::string text_of(std::uint64_t size);
  void forget() {
    local_.clear();
    start_.reset();
    unusable_ = nullptr;
  }
  void note(End end, std::string_view what, std::uint64_t where) {
    result_.end = std::max(result_.end, end);
    if (result_.problem.empty()) result_.problem = concat(what, " at byte ", where, " of the tar");
  }
  void note_failure() {
    if (!bytes_.failure()) return;
    const Error& error = *bytes_.failure();
    note(error.kind() == ErrorKind::kTruncated ? End::kTruncated : End::kDamaged, error.what(),
         bytes_.offset());
  }

  TarBytes& bytes_;
  const TarVisit& visit_;
  TarScanLimits limits_;
  TarScanResult result_;
  std::uint64_t name_bytes_ = 0, extents_ = 0;
  std::array<std::byte, kTarBlock> block_{};  // the header being read
  ExtendedHeader global_, local_;
  std::optional<std::uint64_t> start_;  // of the first header that belongs to the next entry
  const char* unusable_ = nullptr;      // why the next entry must be left out
  Entry entry_;
  BodyLocation body_;
};

bool Scanner::step() {
  bytes_.check_stop();
  const std::uint64_t at = bytes_.offset();
  const ByteView block = bytes_.peek(kTarBlock);
  if (block.size() < kTarBlock) return data_ends(block);
  if (is_zero_block(block)) return end_blocks();
  const auto size = stored_size(block);
  if (!size) {
    note(End::kDamaged, "there is no valid header", at);
    return resync();
  }
  std::ranges::copy(block, block_.begin());
  bytes_.take(kTarBlock);
  const char type = field_bytes(block_, tar_field::kType)[0];
  if (type == 'g') return extended(type, *size);
  if (!start_) start_ = at;
  if (type == 'x' || type == 'X' || type == 'L' || type == 'K') return extended(type, *size);
  return entry(*size);
}

std::string Scanner::text_of(std::uint64_t size) {
  std::string text;
  while (text.size() < size) {
    const std::uint64_t wanted = std::min<std::uint64_t>(size - text.size(), TarBytes::kMaxPeek);
    const ByteView piece = bytes_.peek(static_cast<std::size_t>(wanted));
    if (piece.empty()) break;
    text += as_text(piece);
    bytes_.take(piece.size());
  }
  return text;
}

bool Scanner::extended(char type, std::uint64_t size) {
  const std::uint64_t at = bytes_.offset();
  const bool is_name = type == 'L' || type == 'K';
  if (size > (is_name ? limits_.name_bytes + 1 : limits_.pax_bytes)) {
    unusable_ = "an extended header is larger than is allowed";
    if (bytes_.skip(size) < size) return data_ends({});
  } else {
    std::string text = text_of(size);
    if (text.size() < size) return data_ends({});
    if (is_name) {
      text.resize(std::min(text.find('\0'), text.size()));
      local_.too_long = local_.too_long || text.size() > limits_.name_bytes;
      (type == 'L' ? local_.path : local_.link) = std::move(text);
    } else if (!(type == 'g' ? global_ : local_).read_pax(text)) {
      note(End::kDamaged, "an extended header is malformed", at);
    }
    global_.clear_sparse();  // one map fits no two files
  }
  const std::uint64_t padding = padding_of(size);
  return bytes_.skip(padding) == padding || data_ends({});
}

// Old writers gave sizes to entries without a body, POSIX gives hard links bodies: what follows
// decides.
bool Scanner::body_follows(std::uint64_t size) {
  if (size == 0) return false;
  const ByteView next = bytes_.peek(kTarBlock);
  return next.size() == kTarBlock && !is_zero_block(next) && !stored_size(next);
}

bool Scanner::entry(std::uint64_t size) {
  read_entry(block_, entry_);
  entry_.size = size;
  global_.apply(entry_);
  local_.apply(entry_);
  std::uint64_t stored = entry_.size;
  const char type = field_bytes(block_, tar_field::kType)[0];
  const auto kind = entry_type(type, entry_.path);
  const char* left_out = unusable_;
  if (local_.too_long) left_out = "a name is longer than is allowed";
  if (local_.bad_size || local_.bad_sparse)
    left_out = "an extended header does not say where the content lies";
  entry_.type = kind.value_or(EntryType::kFile);
  body_.header_offset = *start_;
  body_.extents.clear();
  if (entry_.type != EntryType::kFile) {
    if (type != 'D' && !body_follows(stored)) stored = 0;
    entry_.size = 0;
  } else if (local_.malformed && stored == 0 && body_follows(kTarBlock)) {
    left_out = "the size in the extended header is lost";
  } else if (type == 'S' || local_.sparse) {
    const char* problem = locate_pieces(stored);
    if (left_out == nullptr) left_out = problem;
  }
  if (entry_.type != EntryType::kSymlink && entry_.type != EntryType::kHardlink) {
    entry_.link_target.clear();
  }
  if (!kind) {
    const std::uint64_t whole = stored + padding_of(stored);
    forget();
    return bytes_.skip(whole) == whole || data_ends({});
  }
  body_.data_offset = bytes_.offset();
  return body(stored, left_out);
}

// The extents of a sparse file; `stored` becomes what is left behind a map in front. Returns what
// is wrong with the map, or null.
const char* Scanner::locate_pieces(std::uint64_t& stored) {
  SparseMap& map = local_.sparse_map;
  bool good = true;
  std::uint64_t real_size = local_.real_size.value_or(entry_.size);
  if (field_bytes(block_, tar_field::kType)[0] == 'S') {
    const auto real = tar_number(field_bytes(block_, tar_field::kGnuRealSize));
    good = real && *real >= 0 && map.add_fields(field_bytes(block_, tar_field::kGnuSparse));
    if (good) real_size = static_cast<std::uint64_t>(*real);
    if (good && field_bytes(block_, tar_field::kGnuMoreSparse)[0] != '\0') {
      good = map.add_blocks(bytes_);
    }
  } else if (local_.sparse_map_in_front) {
    good = map.add_front(bytes_, stored);
  }
  auto extents = map.extents(bytes_.offset(), stored, real_size);
  if (!good || !extents) return "a sparse file has an impossible map";
  entry_.size = real_size;
  body_.extents = std::move(*extents);
  return nullptr;
}

bool Scanner::body(std::uint64_t stored, const char* left_out) {
  const std::uint64_t at = body_.header_offset;
  body_.stored_size = bytes_.skip(stored);
  body_.complete = body_.stored_size == stored;
  forget();
  if (left_out != nullptr) {
    note(End::kDamaged, concat(left_out, ", the entry is left out;"), at);
  } else if (!visit_entry()) {
    return false;
  }
  if (!body_.complete) {
    note_failure();
    note(End::kTruncated, "the data ends inside the file whose header is", at);
    return false;
  }
  const std::uint64_t padding = padding_of(stored);
  return bytes_.skip(padding) == padding || data_ends({});
}

bool Scanner::visit_entry() {
  name_bytes_ += entry_.path.size() + entry_.link_target.size() + entry_.user_name.size() +
                 entry_.group_name.size();
  extents_ += body_.extents.size();
  if (result_.entries >= limits_.entries || name_bytes_ > limits_.all_name_bytes ||
      extents_ > limits_.all_extents) {
    note(End::kDamaged, "there are more entries, names or pieces than are allowed",
         body_.header_offset);
    return false;
  }
  ++result_.entries;
  visit_(entry_, body_);
  return true;
}

// Fewer bytes than a header or its data needs: the end, a cut, or damage to look behind.
bool Scanner::data_ends(ByteView rest) {
  if (bytes_.failure()) {
    note_failure();
    return bytes_.pass_unreadable() && resync();
  }
  result_.end_offset = bytes_.offset() + rest.size();
  // A tar may end without end blocks, but not inside an entry or a header.
  const bool sound = !start_ && is_zero_block(rest) && bytes_.offset() % kTarBlock == 0;
  if (!sound) note(End::kTruncated, "the data ends too early", result_.end_offset);
  return false;
}

bool Scanner::end_blocks() {
  const std::uint64_t at = bytes_.offset();
  if (start_) note(End::kDamaged, "an extended header stands alone", *start_);
  bytes_.skip_zero_blocks();
  const std::uint64_t end = bytes_.offset();
  // A lost page reads as zeros too: only headers behind them tell it from the end.
  const bool more = resync();
  if (more) note(End::kDamaged, "zeros stand where entries were,", at);
  result_.end_offset = more ? 0 : end;
  return more;
}

// After damage: to the next valid header.
bool Scanner::resync() {
  forget();
  for (;;) {
    bytes_.check_stop();
    const ByteView block = bytes_.peek(kTarBlock);
    if (block.size() == kTarBlock) {
      if (stored_size(block)) return true;
      bytes_.take(kTarBlock);
    } else if (note_failure(); !bytes_.failure() || !bytes_.pass_unreadable()) {
      result_.end_offset = bytes_.offset() + block.size();
      return false;
    }
  }
}

}  // namespace

TarScanResult scan_tar(Source& tar, const TarVisit& visit, const TarScanLimits& limits,
                       std::stop_token stop) {
  StreamBytes bytes(tar, std::move(stop));
  return Scanner(bytes, visit, limits).run();
}

TarScanResult scan_tar(const RandomSource& tar, const TarVisit& visit, const TarScanLimits& limits,
                       std::stop_token stop) {
  RandomBytes bytes(tar, std::move(stop), limits.buffer_bytes);
  return Scanner(bytes, visit, limits).run();
}

}  // namespace backshelf
