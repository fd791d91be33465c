// A path from outside (archive, command line) that was checked: relative, inside, bounded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backshelf {

// Invariants: components joined by single '/', none empty, ".", ".." or with a NUL; at most
// kMaxDepth of them, each at most kMaxNameBytes long (so a kernel can show it). The empty path is
// the root.
class RelPath {
 public:
  static constexpr std::size_t kMaxNameBytes = 255;  // NAME_MAX of every Linux file system
  static constexpr std::size_t kMaxDepth = 512;      // deeper trees are hostile, not homes

  RelPath() = default;

  // "./a//b/" becomes "a/b". `a/../b` is taken lexically ("b"); what climbs above the root, is
  // absolute, holds a NUL, or breaks a limit is no path: nullopt.
  [[nodiscard]] static std::optional<RelPath> parse(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool is_root() const { return text_.empty(); }
  [[nodiscard]] std::string_view name() const;  // last component; empty for the root
  [[nodiscard]] RelPath parent() const;         // the root's parent is the root
  [[nodiscard]] std::vector<std::string_view> components() const;  // views into this object
  // REQUIRES: `name` is one valid component.
  [[nodiscard]] RelPath child(std::string_view name) const;

  friend bool operator==(const RelPath&, const RelPath&) = default;
  friend auto operator<=>(const RelPath&, const RelPath&) = default;

 private:
  explicit RelPath(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// A path as a tar stores it, for RelPath::parse: Home Assistant's extraction drops them as well.
[[nodiscard]] std::string_view without_leading_slashes(std::string_view path);

}  // namespace backshelf
