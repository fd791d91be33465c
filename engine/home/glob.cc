#include "engine/home/glob.h"

#include <algorithm>

namespace backshelf {
namespace {

// As Python's surrogateescape: no character of text has such a number.
constexpr char32_t kRawByte = 0xDC00;
constexpr std::size_t kUsualDepth = 16;  // of paths, to reserve room for

bool is_plain(std::string_view pattern) {
  return std::all_of(pattern.begin(), pattern.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x80 && c != '?' && c != '[';
  });
}

std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

std::u32string decode(std::string_view text) {
  std::u32string decoded;
  decoded.reserve(text.size());
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = sequence_length(lead);
    bool whole = length != 0 && length <= text.size();
    char32_t character = length < 2 ? lead : lead & (0x7FU >> length);
    for (std::size_t i = 1; whole && i < length; ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      whole = (byte & 0xC0) == 0x80;
      character = character << 6 | (byte & 0x3FU);
    }
    decoded += whole ? character : kRawByte + lead;
    text.remove_prefix(whole ? length : 1);
  }
  return decoded;
}

// The classic walk with one step back: to the last run (`is_run`) seen, which then takes one item
// more. Earlier runs need no second look, because the last one can take whatever they could.
template <typename IsRun, typename Accepts>
bool walk_matches(std::size_t patterns, std::size_t items, const IsRun& is_run,
                  const Accepts& accepts) {
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::size_t pattern = 0;
  std::size_t item = 0;
  std::size_t run = kNone;
  std::size_t run_end = 0;
  while (item < items) {
    if (pattern < patterns && is_run(pattern)) {
      run = pattern++;
      run_end = item;
    } else if (pattern < patterns && accepts(pattern, item)) {
      ++pattern;
      ++item;
    } else if (run != kNone) {
      pattern = run + 1;
      item = ++run_end;
    } else {
      return false;
    }
  }
  while (pattern < patterns && is_run(pattern)) ++pattern;
  return pattern == patterns;
}

}  // namespace

bool Glob::Token::accepts(char32_t c) const {
  switch (kind) {
    case Kind::kCharacter:
      return c == character;
    case Kind::kAnyOne:
    case Kind::kAnyRun:
      return true;
    case Kind::kSet:
      break;
  }
  for (const auto& [first, last] : ranges) {
    if (c >= first && c <= last) return !negated;
  }
  return negated;
}

bool Glob::Component::matches(std::string_view name) const {
  if (plain) {
    return walk_matches(
        text.size(), name.size(), [this](std::size_t at) { return text[at] == '*'; },
        [&](std::size_t at, std::size_t byte) { return text[at] == name[byte]; });
  }
  const std::u32string letters = decode(name);
  return walk_matches(
      tokens.size(), letters.size(),
      [this](std::size_t at) { return tokens[at].kind == Token::Kind::kAnyRun; },
      [&](std::size_t at, std::size_t letter) { return tokens[at].accepts(letters[letter]); });
}

Glob::Names Glob::split(std::string_view path) {
  Names names;
  names.reserve(kUsualDepth);
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    if (!name.empty() && name != ".") names.push_back(name);
  }
  return names;
}

// At '['. What is never closed is an ordinary '['.
Glob::Token Glob::parse_set(std::u32string_view text, std::size_t& position) {
  Token token;
  std::size_t at = position + 1;
  if (at < text.size() && text[at] == U'!') {
    token.negated = true;
    ++at;
  }
  // A ']' that comes first is a member.
  const std::size_t end = at < text.size() ? text.find(U']', at + 1) : text.npos;
  if (end == text.npos) {
    token.character = text[position];
    token.negated = false;
    return token;
  }
  token.kind = Token::Kind::kSet;
  while (at < end) {
    const bool is_range = at + 2 < end && text[at + 1] == U'-';
    token.ranges.emplace_back(text[at], is_range ? text[at + 2] : text[at]);
    at += is_range ? 3 : 1;
  }
  position = end;
  return token;
}

Glob::Component Glob::parse_component(std::string_view bytes) {
  Component component;
  component.any_depth = bytes == "**";
  component.plain = is_plain(bytes);
  if (component.plain) {
    component.text = bytes;
    return component;
  }
  const std::u32string text = decode(bytes);
  for (std::size_t at = 0; at < text.size(); ++at) {
    Token token;
    if (text[at] == U'*') {
      const bool again =
          !component.tokens.empty() && component.tokens.back().kind == Token::Kind::kAnyRun;
      if (again) continue;
      token.kind = Token::Kind::kAnyRun;
    } else if (text[at] == U'?') {
      token.kind = Token::Kind::kAnyOne;
    } else if (text[at] == U'[') {
      token = parse_set(text, at);
    } else {
      token.character = text[at];
    }
    component.tokens.push_back(std::move(token));
  }
  return component;
}

Glob::Glob(std::string_view pattern) {
  if (pattern.size() > kMaxBytes) return;
  for (const std::string_view text : split(pattern)) components_.push_back(parse_component(text));
  // "a/**" is what lies below a, and not a itself.
  if (!components_.empty() && components_.back().any_depth) {
    components_.push_back(parse_component("*"));
  }
}

// What stands behind the last "**" has to match the last names one by one. Most paths end here.
bool Glob::tail_matches(const Names& names) const {
  std::size_t left = names.size();
  for (auto part = components_.rbegin(); part != components_.rend(); ++part) {
    if (part->any_depth) return true;
    if (left == 0 || !part->matches(names[--left])) return false;
  }
  return left == 0;
}

bool Glob::matches(const Names& names) const {
  if (components_.empty() || !tail_matches(names)) return false;
  return walk_matches(
      components_.size(), names.size(),
      [this](std::size_t at) { return components_[at].any_depth; },
      [&](std::size_t at, std::size_t name) { return components_[at].matches(names[name]); });
}

bool Glob::matches(std::string_view path) const {
  return matches(split(path));
}

GlobSet::GlobSet(const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) add(pattern);
}

bool GlobSet::matches(std::string_view path) const {
  if (globs_.empty()) return false;
  const Glob::Names names = Glob::split(path);
  for (const Glob& glob : globs_) {
    if (glob.matches(names)) return true;
  }
  return false;
}

}  // namespace backshelf
