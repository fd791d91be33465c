// A configuration in a test: its values, or its mistakes as text.
#pragma once

#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "engine/config/config.h"

namespace backshelf {

inline ParsedConfig parse(std::string_view text) {
  return parse_config(as_bytes(text), {});
}

inline Config good(std::string_view text) {
  ParsedConfig parsed = parse(text);
  for (const ConfigProblem& problem : parsed.problems) {
    ADD_FAILURE() << problem.line << ": " << problem.text;
  }
  return std::move(parsed.config);
}

// "LINE: TEXT", all of them.
inline std::string problems(std::string_view text) {
  std::string all;
  for (const ConfigProblem& problem : parse(text).problems) {
    all += concat(problem.line, ": ", problem.text, "\n");
  }
  return all;
}

}  // namespace backshelf
