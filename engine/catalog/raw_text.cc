#include "engine/catalog/raw_text.h"

#include "engine/base/bytes.h"

namespace backshelf {

std::string escaped(std::string_view raw) {
  std::string text;
  for (const char c : raw) {
    if (c >= 0x20 && c < 0x7F && c != '%') {
      text += c;
    } else {
      text += concat("%", to_hex(as_bytes(std::string_view(&c, 1))));
    }
  }
  return text;
}

std::string unescaped(std::string_view text) {
  std::string raw;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const ByteVec byte = text[i] == '%' ? from_hex(text.substr(i + 1, 2)) : ByteVec{};
    raw += byte.empty() ? text[i] : static_cast<char>(byte[0]);
    if (!byte.empty()) i += 2;
  }
  return raw;
}

}  // namespace backshelf
