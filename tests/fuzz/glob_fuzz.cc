// room: home
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/home/glob.h"

// The first line is the pattern, the rest the path. A path always matches "**" and itself when it
// holds nothing special.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  const std::string_view pattern = input.substr(0, line);
  const std::string_view path =
      line == std::string_view::npos ? std::string_view() : input.substr(line + 1);
  const bool matched = backshelf::Glob(pattern).matches(path);
  const bool any = backshelf::Glob("**").matches(path);
  if (matched && !any) std::abort();
  const bool plain = pattern.find_first_of("*?[") == std::string_view::npos;
  if (plain && any && pattern == path && size <= backshelf::Glob::kMaxBytes && !matched) {
    std::abort();
  }
  return 0;
}
