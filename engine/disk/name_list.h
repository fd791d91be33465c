// The names in one open directory; part of engine/disk only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace backshelf {

// One thread at a time. Two blocks of memory per directory, whatever it holds.
class NameList {
 public:
  struct Name {
    std::size_t offset = 0;  // into the texts
    unsigned char type = 0;  // DT_REG and so on, as the file system says; DT_UNKNOWN when it does
                             // not
  };
  // Lists from where the descriptor stands, which is its start when nothing has listed by it yet.
  // Once. 0 or an errno.
  [[nodiscard]] int read(int directory);
  // In the order of their bytes, without "." and "..".
  [[nodiscard]] const std::vector<Name>& sorted() const { return names_; }
  [[nodiscard]] const char* text(const Name& name) const { return texts_.data() + name.offset; }

 private:
  std::string texts_;  // each with its zero byte
  std::vector<Name> names_;
};

}  // namespace backshelf
