#include "engine/base/error.h"
#include "engine/control/control.h"

namespace backshelf {
namespace {

[[noreturn]] void refuse(const std::string& why, const std::string& todo) {
  throw Error(ErrorKind::kInvalid, "control", why, todo);
}

// The rules of a shell, as far as words go: '…' literal, "…" with \ before " \ $ and `, \ before
// any other character; nothing is expanded.
class Splitter {
 public:
  explicit Splitter(std::string_view line) : line_(line) {}

  std::vector<std::string> words() {
    while (at_ < line_.size()) {
      const char c = line_[at_++];
      if (c == ' ' || c == '\t') {
        end_word();
      } else if (c == '\'' || c == '"') {
        in_word_ = true;
        quoted(c);
      } else {
        in_word_ = true;
        if (c == '\\' && at_ == line_.size()) refuse("the line ends in '\\'", "remove it");
        word_ += c == '\\' ? line_[at_++] : c;
      }
    }
    end_word();
    return std::move(words_);
  }

 private:
  void end_word() {
    if (in_word_) words_.push_back(std::move(word_));
    word_.clear();
    in_word_ = false;
  }

  void quoted(char quote) {
    while (at_ < line_.size()) {
      const char c = line_[at_++];
      if (c == quote) return;
      const bool escape = quote == '"' && c == '\\' && at_ < line_.size() &&
                          std::string_view("\"\\$`").find(line_[at_]) != std::string_view::npos;
      word_ += escape ? line_[at_++] : c;
    }
    refuse(concat("a quote ", std::string(1, quote), " is not closed"), "close it");
  }

  const std::string_view line_;
  std::size_t at_ = 0;
  std::string word_;
  bool in_word_ = false;
  std::vector<std::string> words_;
};

}  // namespace

std::vector<std::string> split_words(std::string_view line) {
  if (line.size() > kControlLineBytes) {
    refuse(concat("the line is longer than ", kControlLineBytes, " bytes"), "write a shorter one");
  }
  if (line.find('\0') != std::string_view::npos) refuse("the line holds a NUL byte", "remove it");
  return Splitter(line).words();
}

}  // namespace backshelf
