// room: config disk stream base
// Any bytes as an INI: values or problems, each problem with a line of the file, nothing else.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "engine/config/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const backshelf::ByteView text(reinterpret_cast<const std::byte*>(data), size);
  const backshelf::ParsedConfig parsed = backshelf::parse_config(text, {});
  if (parsed.config.locations.empty()) std::abort();
  const auto lines =
      static_cast<std::size_t>(std::count(text.begin(), text.end(), std::byte{'\n'})) + 1;
  for (const backshelf::ConfigProblem& problem : parsed.problems) {
    if (problem.line == 0 || problem.line > lines || problem.text.empty()) std::abort();
  }
  return 0;
}
