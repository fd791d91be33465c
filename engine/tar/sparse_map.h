// The maps of GNU sparse files in their four spellings; for this room only.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/entry.h"
#include "engine/tar/tar_bytes.h"

namespace backshelf {

struct SparsePiece {
  std::uint64_t offset = 0, length = 0;
};

class SparseMap {
 public:
  // More than `limit` pieces are refused.
  explicit SparseMap(std::uint64_t limit) : limit_(limit) {}

  // All return false when a number is none or there are too many pieces.
  [[nodiscard]] bool add(std::uint64_t offset, std::uint64_t length);
  // PAX 0.1: "offset,length,offset,length".
  [[nodiscard]] bool add_list(std::string_view text);
  // Old GNU: 24 bytes each; stops at the first blank one.
  [[nodiscard]] bool add_fields(std::string_view fields);
  // Old GNU: blocks behind the header, 21 pieces each, the byte behind them says whether one more
  // follows.
  [[nodiscard]] bool add_blocks(TarBytes& bytes);
  // PAX 1.0: decimal lines in front of the data, zeros up to 512. `size` is what header and data
  // have together and shrinks by the header's blocks.
  [[nodiscard]] bool add_front(TarBytes& bytes, std::uint64_t& size);

  // nullopt unless sorted, apart, inside `real_size`, and all of `stored_size` together.
  [[nodiscard]] std::optional<std::vector<Extent>> extents(std::uint64_t data_offset,
                                                           std::uint64_t stored_size,
                                                           std::uint64_t real_size) const;
  void clear() { pieces_.clear(); }

 private:
  std::uint64_t limit_;
  std::vector<SparsePiece> pieces_;
};

}  // namespace backshelf
