#include "engine/tree/entry_rules.h"

#include <algorithm>

#include "engine/base/rel_path.h"

namespace backshelf {
namespace {

bool ends_by(std::uint64_t offset, std::uint64_t length, std::uint64_t limit) {
  return offset <= limit && length <= limit - offset;
}

}  // namespace

std::optional<std::string_view> name_below(std::string_view parent, std::string_view path) {
  if (!parent.empty()) {
    if (!path.starts_with(parent) || path.size() <= parent.size()) return std::nullopt;
    if (path[parent.size()] != '/') return std::nullopt;
    path.remove_prefix(parent.size() + 1);
  }
  if (path.empty() || path.size() > RelPath::kMaxNameBytes || path == "." || path == ".." ||
      path.find('/') != std::string_view::npos || path.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  return path;
}

bool is_sensible(const BodyLocation& body, std::uint64_t size) {
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 62;
  if (!ends_by(body.data_offset, body.stored_size, kLimit)) return false;
  std::uint64_t reached = 0;
  for (const Extent& extent : body.extents) {
    if (extent.length == 0 || extent.logical_offset < reached) return false;
    if (!ends_by(extent.logical_offset, extent.length, size)) return false;
    if (!ends_by(extent.stored_offset, extent.length, kLimit)) return false;
    reached = extent.logical_offset + extent.length;
  }
  return true;
}

}  // namespace backshelf
