#include "engine/config/setting.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/config/nearest_word.h"
#include "engine/config/part_names.h"

namespace backshelf {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) text += concat(text.empty() ? "" : between, word);
  return text;
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

template <typename Number>
std::optional<Number> whole_number(std::string_view text, int base) {
  Number value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value, base);
  if (failure != std::errc() || stop != end || text.empty()) return std::nullopt;
  return value;
}

}  // namespace

bool is_location_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxLocationNameBytes || name.front() == '.') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
  });
}

void Setting::problem(std::string_view why) {
  problems_.push_back({line_.line, concat(line_.key, " = ", line_.value, ": ", why)});
}

void Setting::word(std::string& to, const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), text()) != known.end()) {
    to = text();
  } else {
    problem(concat("it must be ", joined(known, " or "), did_you_mean(text(), known)));
  }
}

void Setting::yes_no(bool& to) {
  const std::string word = lower(text());
  if (word == "yes" || word == "on" || word == "true") {
    to = true;
  } else if (word == "no" || word == "off" || word == "false") {
    to = false;
  } else {
    problem("it must be yes or no");
  }
}

void Setting::yes_no(std::optional<bool>& to) {
  bool value = false;
  const std::size_t before = problems_.size();
  yes_no(value);
  if (problems_.size() == before) to = value;
}

void Setting::number(int& to, int least, int most) {
  const auto value = whole_number<int>(text(), 10);
  if (value && *value >= least && *value <= most) {
    to = *value;
  } else {
    problem(concat("it must be a whole number from ", least, " to ", most));
  }
}

void Setting::id(std::optional<std::uint32_t>& to) {
  const auto value = whole_number<std::uint32_t>(text(), 10);
  if (value && *value != UINT32_MAX) {
    to = value;
  } else {
    problem("it must be the number of a user or group (id -u NAME, id -g NAME)");
  }
}

void Setting::mask(std::optional<std::uint32_t>& to) {
  const auto value = whole_number<std::uint32_t>(text(), 8);
  if (value && *value <= 0777) {
    to = value;
  } else {
    problem("it must be an octal mask from 0000 to 0777");
  }
}

void Setting::duration(std::chrono::seconds& to, std::chrono::seconds least) {
  const auto value = parse_duration(text());
  if (!value) {
    problem("it must be a time such as 60s, 10m, 24h or 3d");
  } else if (*value < least) {
    problem(concat("it must be at least ", least.count(), "s"));
  } else {
    to = *value;
  }
}

void Setting::size(std::uint64_t& to, std::uint64_t least) {
  const auto value = parse_size(text());
  if (!value) {
    problem("it must be a size in bytes such as 4096, 64M or 1G");
  } else if (*value < least) {
    problem(concat("it must be at least ", least, " bytes"));
  } else {
    to = *value;
  }
}

void Setting::path(std::string& to) {
  std::string path = text();
  if (!path.empty() && path.front() != '/') {
    problem(concat("it must be an absolute path",
                   path.front() == '~' ? " ('~' means nothing here)" : ""));
    return;
  }
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  to = std::move(path);
}

void Setting::command(std::string& to) {
  if (line_.cut) {
    problem(
        "' ;' begins a comment in this file, so the command would end there; write 'a; b', or "
        "move the comment to a line of its own");
  } else {
    to = text();
  }
}

void Setting::days(std::string& to) {
  const std::string value = lower(text());
  if (value == "never" || value == "daily") {
    to = value;
    return;
  }
  const std::vector<std::string> given = list();
  const auto known = [](const std::string& day) {
    return std::find(kDays.begin(), kDays.end(), lower(day)) != kDays.end();
  };
  if (given.empty() || !std::all_of(given.begin(), given.end(), known)) {
    problem("it must be never, daily, or days of the week such as mon,wed,fri");
    return;
  }
  to.clear();
  for (const std::string_view day : kDays) {
    const bool wanted = std::any_of(given.begin(), given.end(),
                                    [day](const std::string& word) { return lower(word) == day; });
    if (wanted) to += concat(to.empty() ? "" : ",", day);
  }
}

void Setting::time(std::string& to) {
  const std::size_t colon = text().find(':');
  const std::string_view whole = text();
  const auto hour = whole_number<unsigned>(whole.substr(0, colon), 10);
  const auto minute = whole_number<unsigned>(
      colon == std::string::npos ? std::string_view() : whole.substr(colon + 1), 10);
  if (!hour || !minute || *hour > 23 || *minute > 59 || whole.size() - colon != 3) {
    problem("it must be a time of day such as 04:45");
    return;
  }
  to = concat(*hour < 10 ? "0" : "", *hour, *minute < 10 ? ":0" : ":", *minute);
}

std::vector<std::string> Setting::list() {
  std::vector<std::string> words;
  std::string_view rest = text();
  for (;;) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    std::string_view word = rest.substr(0, comma);
    while (word.starts_with(' ') || word.starts_with('\t')) word.remove_prefix(1);
    while (word.ends_with(' ') || word.ends_with('\t')) word.remove_suffix(1);
    if (!word.empty() && std::find(words.begin(), words.end(), word) == words.end()) {
      words.emplace_back(word);
    }
    if (comma == rest.size()) return words;
    rest.remove_prefix(comma + 1);
  }
}

template <typename Good>
void Setting::list_of(std::vector<std::string>& to, const Good& good) {
  std::vector<std::string> given = list();
  for (const std::string& word : given) {
    if (!good(word)) return;
  }
  to = std::move(given);
}

void Setting::words(std::vector<std::string>& to, const std::vector<std::string>& known) {
  list_of(to, [&](const std::string& word) {
    const bool good = std::find(known.begin(), known.end(), word) != known.end();
    if (!good)
      problem(concat("'", word, "' is none of ", joined(known, ", "), did_you_mean(word, known)));
    return good;
  });
}

std::string no_part(std::string_view word) {
  return concat("is no part of a home (", joined(part_words(), ", "), ", app:SLUG, or full alone)",
                did_you_mean(word, part_words()));
}

void Setting::parts(std::vector<std::string>& to) {
  if (text() == "full") {
    to.clear();
    return;
  }
  list_of(to, [&](const std::string& word) {
    const bool good = is_part(word) || (is_folder_name(word) && word != "full");
    if (!good) problem(concat("'", word, "' ", no_part(word)));
    return good;
  });
}

void Setting::locations(std::vector<std::string>& to) {
  list_of(to, [&](const std::string& word) {
    const bool good = is_location_name(word);
    if (!good) problem(concat("'", word, "' is no name of a location"));
    return good;
  });
}

}  // namespace backshelf
