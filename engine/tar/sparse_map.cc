#include "engine/tar/sparse_map.h"

#include <algorithm>

#include "engine/tar/header_block.h"
#include "engine/tar/raw_header.h"

namespace backshelf {
namespace {

constexpr std::size_t kFieldBytes = 24;  // offset 12, length 12
constexpr Field kMorePieces{0, 21 * kFieldBytes};
constexpr std::size_t kMoreFlag = 504;
constexpr std::size_t kMaxDigits = 20;

// Decimal lines out of whole blocks.
class Lines {
 public:
  Lines(TarBytes& bytes, std::uint64_t size) : bytes_(bytes), left_(size) {}

  [[nodiscard]] std::optional<std::uint64_t> next() {
    std::string digits;
    while (digits.size() <= kMaxDigits) {
      if (at_ == text_.size() && !next_block()) return std::nullopt;
      const char c = text_[at_++];
      if (c == '\n') return decimal(digits);
      digits += c;
    }
    return std::nullopt;
  }
  [[nodiscard]] std::uint64_t left() const { return left_; }

 private:
  [[nodiscard]] bool next_block() {
    const ByteView block = bytes_.peek(kTarBlock);
    if (block.size() < kTarBlock || left_ < kTarBlock) return false;
    text_ = as_text(block);
    at_ = 0;
    bytes_.take(kTarBlock);
    left_ -= kTarBlock;
    return true;
  }

  TarBytes& bytes_;
  std::uint64_t left_;
  std::string text_;
  std::size_t at_ = 0;
};

}  // namespace

bool SparseMap::add(std::uint64_t offset, std::uint64_t length) {
  if (pieces_.size() >= limit_) return false;
  pieces_.push_back({offset, length});
  return true;
}

bool SparseMap::add_list(std::string_view text) {
  std::optional<std::uint64_t> offset;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const auto number = decimal(text.substr(0, comma));
    if (!number || (offset && !add(*offset, *number))) return false;
    offset = offset ? std::nullopt : number;
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return !offset;
}

bool SparseMap::add_fields(std::string_view fields) {
  for (; fields.size() >= kFieldBytes; fields.remove_prefix(kFieldBytes)) {
    if (fields[kFieldBytes / 2] == '\0') break;
    const auto offset = tar_number(fields.substr(0, kFieldBytes / 2));
    const auto length = tar_number(fields.substr(kFieldBytes / 2, kFieldBytes / 2));
    if (!offset || !length || *offset < 0 || *length < 0) return false;
    if (!add(static_cast<std::uint64_t>(*offset), static_cast<std::uint64_t>(*length)))
      return false;
  }
  return true;
}

bool SparseMap::add_blocks(TarBytes& bytes) {
  for (bool more = true; more;) {
    bytes.check_stop();
    const ByteView block = bytes.peek(kTarBlock);
    const std::size_t before = pieces_.size();
    if (block.size() < kTarBlock || !add_fields(field_bytes(block, kMorePieces))) return false;
    if (pieces_.size() == before) return false;  // empty blocks could go on for ever
    more = std::to_integer<int>(block[kMoreFlag]) != 0;
    bytes.take(kTarBlock);
  }
  return true;
}

bool SparseMap::add_front(TarBytes& bytes, std::uint64_t& size) {
  Lines lines(bytes, size);
  const auto count = lines.next();
  bool good = count && *count <= limit_;
  for (std::uint64_t i = 0; good && i < *count; ++i) {
    const auto offset = lines.next();
    const auto length = offset ? lines.next() : std::nullopt;
    good = length && add(*offset, *length);
  }
  size = lines.left();
  return good;
}

std::optional<std::vector<Extent>> SparseMap::extents(std::uint64_t data_offset,
                                                      std::uint64_t stored_size,
                                                      std::uint64_t real_size) const {
  std::vector<Extent> found;
  std::uint64_t logical = 0, stored = 0;
  for (const SparsePiece& piece : pieces_) {
    if (piece.offset < logical || piece.offset > real_size) return std::nullopt;
    if (piece.length > real_size - piece.offset) return std::nullopt;
    if (piece.length > stored_size - stored) return std::nullopt;
    if (piece.length > 0) found.push_back({piece.offset, data_offset + stored, piece.length});
    logical = piece.offset + piece.length;
    stored += piece.length;
  }
  if (stored != stored_size) return std::nullopt;
  return found;
}

}  // namespace backshelf
