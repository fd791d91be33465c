#include "fs/upload_check.h"

#include <algorithm>
#include <cctype>

#include "engine/base/error.h"

namespace backshelf {
namespace {

constexpr std::size_t kMaxNameBytes = 255;  // of a file on every disk; FUSE passes longer ones on

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

// Empty when it is a whole backup.
std::string fault_of(const Archive& archive) {
  const OuterTable& outer = archive.outer();
  if (!outer.is_tar || archive.state() == State::kNotABackup) {
    return archive.problem().empty() ? "it is no Home Assistant backup" : archive.problem();
  }
  if (outer.truncated || archive.state() == State::kArchiveTruncated) {
    return outer.problem.empty() ? "it is cut short" : outer.problem;
  }
  if (archive.metadata() == nullptr) return "it holds no usable backup.json";
  return {};
}

}  // namespace

bool is_upload_name(std::string_view name) {
  constexpr std::string_view kEnds[] = {".tar", ".part", ".filepart", ".tmp", ".crdownload", "~"};
  if (name.empty() || name.size() > kMaxNameBytes || name == "." || name == "..") return false;
  const bool of_sed = name.size() == 9 && name.starts_with("sed") &&
                      std::all_of(name.begin() + 3, name.end(),
                                  [](unsigned char letter) { return std::isalnum(letter) != 0; });
  return name.front() == '.' || name == "4913" || of_sed ||
         std::any_of(std::begin(kEnds), std::end(kEnds),
                     [&](std::string_view end) { return ends_with(name, end); });
}

void require_sound(std::shared_ptr<const RandomSource> bytes, const std::string& name,
                   ArchiveTools tools) {
  require_whole(*Archive::open(std::move(bytes), name, tools));
}

void require_whole(const Archive& archive) {
  const std::string fault = fault_of(archive);
  if (fault.empty()) return;
  throw Error(ErrorKind::kInvalid, "checking it", fault, "copy a whole Home Assistant backup");
}

}  // namespace backshelf
