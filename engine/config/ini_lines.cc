#include "engine/config/ini_lines.h"

#include <ini.h>

#include <algorithm>
#include <cstring>
#include <exception>

namespace backshelf {
namespace {

constexpr std::size_t kMaxIniBytes = kMiB;
constexpr std::size_t kMaxLineBytes = 199;  // inih's buffer is 200 with its NUL
constexpr std::size_t kMaxNameBytes = 49;   // inih's names are 50 with their NUL
constexpr std::size_t kMaxProblems = 1000;  // more say nothing new

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\v\f";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::string single_spaced(std::string_view text) {
  std::string name;
  for (const char c : trimmed(text)) {
    const bool blank = c == ' ' || c == '\t';
    if (blank && name.back() == ' ') continue;
    name += blank ? ' ' : c;
  }
  return name;
}

bool has_control(std::string_view line) {
  return std::any_of(line.begin(), line.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  });
}

// Without its comment when only that makes it too long.
std::string_view fitting(std::string_view line) {
  for (std::size_t i = 1; line.size() > kMaxLineBytes && i < line.size(); ++i) {
    if (line[i] == ';' && (line[i - 1] == ' ' || line[i - 1] == '\t')) return line.substr(0, i);
  }
  return line;
}

// What lies between inih's two callbacks: the line just handed out, and what became of it.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  // The next line that inih may see, without blank at its start (which inih would take for a
  // continuation of the value above). False at the end.
  bool next(char* to, int room) {
    settle();
    while (!rest_.empty() && result_.problems.size() < kMaxProblems) {
      const std::string_view whole = take_line();
      if (!is_setting(whole)) continue;
      const std::string_view line = fitting(whole);
      if (line.size() > kMaxLineBytes || line.size() >= static_cast<std::size_t>(room)) {
        problem(concat("the line has ", line.size(), " bytes; at most ", kMaxLineBytes,
                       " are read: shorten it"));
        continue;
      }
      current_ = whole;
      waiting_ = true;
      std::memcpy(to, line.data(), line.size());
      to[line.size()] = '\0';
      return true;
    }
    return false;
  }

  void setting(std::string_view key, std::string_view value) {
    waiting_ = false;
    if (key.empty() || key.size() >= kMaxNameBytes) {
      problem(key.empty() ? "there is no key before '='" : "the key is too long");
      return;
    }
    const std::size_t sign = current_.find_first_of("=:");
    const std::string_view whole = trimmed(current_.substr(std::min(sign + 1, current_.size())));
    if (value.starts_with(';')) value = {};
    const bool cut = !value.empty() && whole != value;
    result_.lines.push_back({line_, section_, std::string(key), std::string(value), cut});
  }

  void fail(std::exception_ptr failure) { failure_ = std::move(failure); }

  IniText finish() {
    if (failure_) std::rethrow_exception(failure_);
    settle();
    return std::move(result_);
  }

 private:
  void problem(std::string text) { result_.problems.push_back({line_, std::move(text)}); }

  // inih tells the number of the first line it could not use; we want all of them.
  void settle() {
    if (waiting_) problem("this is neither [section], nor key = value, nor a comment");
    waiting_ = false;
  }

  std::string_view take_line() {
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    const std::string_view line = trimmed(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++line_;
    return line;
  }

  bool is_setting(std::string_view line) {
    if (line.empty() || line.front() == '#' || line.front() == ';') return false;
    if (has_control(line)) {
      problem("the line holds a control character; this must be a plain text file");
      return false;
    }
    if (line.front() != '[') return true;
    const std::size_t end = line.find(']');
    const std::string_view behind = end == line.npos ? line : trimmed(line.substr(end + 1));
    if (end == line.npos || (!behind.empty() && behind.front() != ';' && behind.front() != '#')) {
      problem("a section is written [name], on a line of its own");
      return false;
    }
    section_ = single_spaced(line.substr(1, end - 1));
    result_.lines.push_back({line_, section_, {}, {}, false});
    return false;
  }

  std::string_view rest_, current_;
  std::string section_;
  std::size_t line_ = 0;
  bool waiting_ = false;  // inih has the line and has not called back for it
  IniText result_;
  std::exception_ptr failure_;
};

char* read_line(char* to, int room, void* stream) noexcept {
  auto& lines = *static_cast<Lines*>(stream);
  try {
    return lines.next(to, room) ? to : nullptr;
  } catch (...) {  // guard: C code is above
    lines.fail(std::current_exception());
    return nullptr;
  }
}

int take_setting(void* user, const char*, const char* name, const char* value) noexcept {
  auto& lines = *static_cast<Lines*>(user);
  try {
    lines.setting(name, value == nullptr ? "" : value);
    return 1;
  } catch (...) {  // guard: C code is above
    lines.fail(std::current_exception());
    return 0;
  }
}

}  // namespace

IniText read_ini(ByteView bytes) {
  if (bytes.size() > kMaxIniBytes) {
    return {{},
            {{1, concat("the file has ", bytes.size(), " bytes; no configuration is so long")}}};
  }
  std::string_view text = as_text(bytes);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Lines lines(text);
  (void)ini_parse_stream(&read_line, &lines, &take_setting, &lines);
  return lines.finish();
}

}  // namespace backshelf
