#include "engine/base/error.h"
#include "engine/control/control.h"

namespace backshelf {
namespace {

[[noreturn]] void unfinished(const char* what) {
  throw Error(ErrorKind::kUsage, "control", concat("the line ends inside ", what),
              "close the quote, or put a backslash before it");
}

// Takes words off a line as a POSIX shell does, but expands nothing: '…' stands as it is; in "…" a
// backslash works before a quote, a backslash, $ and ` only; outside of quotes before anything.
class Splitter {
 public:
  explicit Splitter(std::string_view line) : line_(line) {}

  std::vector<std::string> split() {
    while (at_ < line_.size()) {
      const char c = line_[at_++];
      if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        end_word();
      } else if (c == '\'') {
        single_quoted();
      } else if (c == '"') {
        double_quoted();
      } else {
        add(c == '\\' ? escaped() : c);
      }
    }
    end_word();
    return std::move(words_);
  }

 private:
  void add(char c) {
    word_ += c;
    begun_ = true;
  }

  void end_word() {
    if (begun_) words_.push_back(std::move(word_));
    word_.clear();
    begun_ = false;
  }

  char escaped() {
    if (at_ == line_.size()) unfinished("a backslash");
    return line_[at_++];
  }

  void single_quoted() {
    const std::size_t end = line_.find('\'', at_);
    if (end == line_.npos) unfinished("a ' quote");
    word_ += line_.substr(at_, end - at_);
    begun_ = true;
    at_ = end + 1;
  }

  void double_quoted() {
    begun_ = true;
    for (;;) {
      if (at_ == line_.size()) unfinished("a \" quote");
      const char c = line_[at_++];
      if (c == '"') return;
      if (c != '\\') {
        word_ += c;
        continue;
      }
      const char next = escaped();
      if (next != '"' && next != '\\' && next != '$' && next != '`') word_ += c;
      word_ += next;
    }
  }

  std::string_view line_;
  std::size_t at_ = 0;
  std::string word_;
  bool begun_ = false;  // "" is a word too
  std::vector<std::string> words_;
};

}  // namespace

std::vector<std::string> split_words(std::string_view line) {
  return Splitter(line).split();
}

}  // namespace backshelf
