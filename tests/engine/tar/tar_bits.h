// Builds tars block by block, sound or not, for the tests of this room.
#pragma once

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/bytes.h"

namespace backshelf {

class TarBits {
 public:
  TarBits& raw(std::string_view bytes) {
    text_ += bytes;
    return *this;
  }
  TarBits& pad() { return raw(std::string((512 - text_.size() % 512) % 512, '\0')); }
  TarBits& end() { return raw(std::string(1024, '\0')); }
  TarBits& file(std::string_view name, std::string_view body) {
    return header(name, '0', body.size()).raw(body).pad();
  }
  TarBits& header(std::string_view name, char type, std::size_t size, std::string_view link = "") {
    std::string block(512, '\0');
    put(block, 0, name);
    put(block, 100, "0000644");
    put(block, 108, "0000000");
    put(block, 116, "0000000");
    put(block, 124, octal(size, 11));
    put(block, 136, "00000000000");
    block[156] = type;
    put(block, 157, link);
    put(block, 257, std::string_view("ustar\00000", 8));
    return raw(summed(std::move(block)));
  }
  TarBits& longname(char type, std::string_view data) {
    return header("././@LongLink", type, data.size()).raw(data).pad();
  }
  TarBits& pax(const std::vector<std::pair<std::string, std::string>>& records, char type = 'x') {
    std::string data;
    for (const auto& [key, value] : records) {
      std::size_t length = key.size() + value.size() + 3;
      length += std::to_string(length + 2).size();
      if (std::to_string(length).size() + key.size() + value.size() + 3 != length) --length;
      data += concat(length, " ", key, "=", value, "\n");
    }
    return longname(type, data);
  }
  // Old GNU format: one byte each 1000 bytes.
  TarBits& gnu_sparse(std::string_view name, std::size_t pieces) {
    const std::size_t at = text_.size();
    header(name, 'S', pieces);
    std::string block = text_.substr(at);
    text_.resize(at);
    put(block, 257, std::string_view("ustar  ", 8));
    std::size_t piece = 0;
    const auto fill = [&](std::string& to, std::size_t offset, std::size_t count) {
      for (std::size_t i = 0; i < count && piece < pieces; ++i, ++piece) {
        put(to, offset + 24 * i, octal(piece * 1000, 11));
        put(to, offset + 24 * i + 12, octal(1, 11));
      }
    };
    fill(block, 386, 4);
    block[482] = piece < pieces ? '\1' : '\0';
    put(block, 483, octal(pieces * 1000, 11));
    raw(summed(std::move(block)));
    while (piece < pieces) {
      std::string more(512, '\0');
      fill(more, 0, 21);
      more[504] = piece < pieces ? '\1' : '\0';
      raw(more);
    }
    return raw(std::string(pieces, 'x')).pad();
  }
  [[nodiscard]] ByteVec bytes() const { return {as_bytes(text_).begin(), as_bytes(text_).end()}; }

 private:
  static void put(std::string& block, std::size_t offset, std::string_view text) {
    std::ranges::copy(text, block.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  static std::string octal(std::size_t number, std::size_t digits) {
    std::string text(digits, '0');
    for (; digits > 0; number /= 8) text[--digits] = static_cast<char>('0' + number % 8);
    return text;
  }
  static std::string summed(std::string block) {
    put(block, 148, "        ");
    std::size_t sum = 0;
    for (const char c : block) sum += static_cast<unsigned char>(c);
    put(block, 148, octal(sum, 6));
    block[154] = '\0';
    return block;
  }

  std::string text_;
};

}  // namespace backshelf
