#include "engine/base/rel_path.h"

#include <algorithm>

namespace backshelf {

std::optional<RelPath> RelPath::parse(std::string_view text) {
  if (!text.empty() && text.front() == '/') return std::nullopt;
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t slash = text.find('/');
    const std::string_view part = text.substr(0, slash);
    text.remove_prefix(slash == std::string_view::npos ? text.size() : slash + 1);
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (parts.empty()) return std::nullopt;
      parts.pop_back();
      continue;
    }
    if (part.size() > kMaxNameBytes || parts.size() == kMaxDepth) return std::nullopt;
    parts.push_back(part);
  }
  std::string joined;
  for (const std::string_view part : parts) {
    if (!joined.empty()) joined += '/';
    joined += part;
  }
  return RelPath(std::move(joined));
}

std::string_view RelPath::name() const {
  const std::size_t slash = text_.rfind('/');
  return slash == std::string::npos ? std::string_view(text_)
                                    : std::string_view(text_).substr(slash + 1);
}

RelPath RelPath::parent() const {
  const std::size_t slash = text_.rfind('/');
  return slash == std::string::npos ? RelPath() : RelPath(text_.substr(0, slash));
}

std::vector<std::string_view> RelPath::components() const {
  std::vector<std::string_view> parts;
  std::string_view rest = text_;
  while (!rest.empty()) {
    const std::size_t slash = rest.find('/');
    parts.push_back(rest.substr(0, slash));
    rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
  }
  return parts;
}

RelPath RelPath::child(std::string_view name) const {
  return RelPath(text_.empty() ? std::string(name) : text_ + "/" + std::string(name));
}

std::string_view without_leading_slashes(std::string_view path) {
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  return path;
}

}  // namespace backshelf
