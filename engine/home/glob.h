// Patterns of paths, with the meaning Python's pathlib gives them in full_match(): what Home
// Assistant excludes by, and what the configuration's `exclude` says.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace backshelf {

// `*` any run of characters of one component (also none, also a leading dot), `?` one character,
// `[a-z]` and `[!a-z]` one of (or none of) a set, `**` as a whole component any number of
// components; everything else is itself. The whole path must match. Characters are UTF-8; a byte
// that is none stands for itself. A pattern longer than kMaxBytes matches nothing.
//
// Time is at most the product of the two lengths, whatever the pattern.
class Glob {
 public:
  static constexpr std::size_t kMaxBytes = 1024;

  explicit Glob(std::string_view pattern);  // "./a", "/a" and "a/" are "a"
  [[nodiscard]] bool matches(std::string_view path) const;

 private:
  friend class GlobSet;
  struct Token {
    enum class Kind : std::uint8_t { kCharacter, kAnyOne, kAnyRun, kSet } kind = Kind::kCharacter;
    bool negated = false;
    char32_t character = 0;
    std::vector<std::pair<char32_t, char32_t>> ranges;  // of kSet, both ends included
    [[nodiscard]] bool accepts(char32_t c) const;
  };
  struct Component {
    bool any_depth = false;  // "**"
    // Of ASCII, whose only special character is '*': compared byte by byte, without decoding names.
    bool plain = false;
    std::string text;           // of a plain one, with its '*'
    std::vector<Token> tokens;  // of any other
    [[nodiscard]] bool matches(std::string_view name) const;
  };
  using Names = std::vector<std::string_view>;  // of one path, into its text

  static Names split(std::string_view path);
  static Component parse_component(std::string_view text);
  static Token parse_set(std::u32string_view text, std::size_t& position);
  [[nodiscard]] bool tail_matches(const Names& names) const;
  [[nodiscard]] bool matches(const Names& names) const;

  std::vector<Component> components_;  // empty: matches nothing
};

// Several patterns at once.
class GlobSet {
 public:
  GlobSet() = default;
  explicit GlobSet(const std::vector<std::string>& patterns);
  void add(std::string_view pattern) { globs_.emplace_back(pattern); }
  [[nodiscard]] bool matches(std::string_view path) const;

 private:
  std::vector<Glob> globs_;
};

}  // namespace backshelf
