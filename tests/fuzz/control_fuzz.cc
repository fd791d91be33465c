// room: control
// Any line: a command that keeps its promises, or an error that a person can read; and what is
// quoted comes back as one word.
#include <cstdint>
#include <cstdlib>

#include "engine/base/error.h"
#include "engine/control/control.h"
#include "engine/control/shown_text.h"

namespace backshelf {
namespace {

void check(const Command& command) {
  if (const auto* backup = std::get_if<BackupCommand>(&command)) {
    const std::string& name = backup->name;
    if (!is_utf8(name) || has_control_character(name) || name.size() > 200) std::abort();
    if (name.find('/') != name.npos) std::abort();
  }
  if (const auto* deletion = std::get_if<DeleteCommand>(&command)) {
    if (deletion->folders.empty()) std::abort();
    for (const std::string& folder : deletion->folders) {
      if (folder.empty() || folder.find('/') != folder.npos) std::abort();
    }
  }
}

}  // namespace
}  // namespace backshelf

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backshelf;
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  try {
    check(parse_command(line));
  } catch (const Error& error) {
    const bool usage = error.kind() == ErrorKind::kUsage || error.kind() == ErrorKind::kInvalid;
    if (!usage || has_control_character(error.what())) std::abort();
  }
  if (has_control_character(visible_text(line)) || !is_utf8(visible_text(line))) std::abort();
  if (line.find('\'') == line.npos) {
    const auto words = split_words("'" + std::string(line) + "'");
    if (words.size() != 1 || words.front() != line) std::abort();
  }
  return 0;
}
