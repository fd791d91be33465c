#include "engine/catalog/names.h"

#include <algorithm>
#include <array>

#include "engine/base/rel_path.h"
#include "engine/catalog/catalog.h"

namespace backshelf {
namespace {

constexpr std::string_view kArchiveEnd = ".tar";
// Compared without case, because a share shows them to clients that do not tell "Log" from "log".
constexpr std::array<std::string_view, 7> kTaken = {
    "control", "status", "status.json", "log", "overview.html", "by-date", "locations"};
constexpr std::array<std::string_view, 4> kDevices = {"con", "prn", "aux", "nul"};
constexpr std::string_view kForbidden = "<>:\"/\\|?*";

bool is_forbidden(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F || kForbidden.find(c) != std::string_view::npos;
}

std::string_view cut(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  return text.substr(0, limit);
}

// The small letter of a two-byte UTF-8 letter (U+0080 … U+07FF).
unsigned small_letter(unsigned code) {
  if (code >= 0xC0 && code <= 0xDE && code != 0xD7) return code + 0x20;
  // Pairs of a capital and its small letter; which of the two is even changes in between.
  if ((code >= 0x100 && code <= 0x137 && code != 0x130) || (code >= 0x14A && code <= 0x177)) {
    return code | 1;
  }
  if ((code >= 0x139 && code <= 0x148) || (code >= 0x179 && code <= 0x17E)) {
    return code % 2 == 1 ? code + 1 : code;
  }
  if (code == 0x178) return 0xFF;
  if (code >= 0x391 && code <= 0x3A9 && code != 0x3A2) return code + 0x20;
  if (code >= 0x410 && code <= 0x42F) return code + 0x20;
  if (code >= 0x400 && code <= 0x40F) return code + 0x50;
  return code;
}

}  // namespace

bool is_device_name(std::string_view folder) {
  std::string_view base = folder.substr(0, folder.find('.'));
  while (base.ends_with(' ')) base.remove_suffix(1);
  const std::string folded = fold_case(base);
  if (std::find(kDevices.begin(), kDevices.end(), folded) != kDevices.end()) return true;
  if (!folded.starts_with("com") && !folded.starts_with("lpt")) return false;
  const std::string_view number = std::string_view(folded).substr(3);
  return (number.size() == 1 && number[0] >= '0' && number[0] <= '9') || number == "\xC2\xB9" ||
         number == "\xC2\xB2" || number == "\xC2\xB3";
}

std::string fold_case(std::string_view name) {
  std::string folded(name);
  for (std::size_t i = 0; i < folded.size(); ++i) {
    const auto byte = static_cast<unsigned char>(folded[i]);
    if (byte >= 'A' && byte <= 'Z') folded[i] = static_cast<char>(byte + ('a' - 'A'));
    if ((byte & 0xE0) != 0xC0 || i + 1 == folded.size()) continue;
    const auto next = static_cast<unsigned char>(folded[i + 1]);
    if ((next & 0xC0) != 0x80) continue;
    const unsigned code = small_letter((byte & 0x1FU) << 6 | (next & 0x3FU));
    folded[i] = static_cast<char>(0xC0 | code >> 6);
    folded[++i] = static_cast<char>(0x80 | (code & 0x3F));
  }
  return folded;
}

std::string numbered_folder(std::string_view folder, unsigned number) {
  if (number == 1) return std::string(cut(folder, RelPath::kMaxNameBytes));
  const std::string end = concat(" (", number, ")");
  return concat(cut(folder, RelPath::kMaxNameBytes - end.size()), end);
}

bool is_taken_name(std::string_view name) {
  if (name.starts_with('.')) return true;  // .previous, .Trash-<uid>, uploads, desktops' own files
  return std::find(kTaken.begin(), kTaken.end(), fold_case(name)) != kTaken.end();
}

std::string folder_name(std::string_view file) {
  std::string name(file.ends_with(kArchiveEnd) ? file.substr(0, file.size() - kArchiveEnd.size())
                                               : file);
  std::replace_if(name.begin(), name.end(), is_forbidden, '_');
  for (std::size_t i = name.size(); i > 0 && (name[i - 1] == '.' || name[i - 1] == ' '); --i) {
    name[i - 1] = '_';
  }
  if (name.empty()) name = "_";
  if (name.front() == '.') name.front() = '_';
  if (is_device_name(name)) {
    const std::size_t end = std::min(name.find('.'), name.size());
    name.insert(end, "_");
  } else if (is_taken_name(name)) {
    name += '_';
  }
  return std::string(cut(name, RelPath::kMaxNameBytes));
}

}  // namespace backshelf
