#include <algorithm>
#include <string>

#include "engine/base/error.h"
#include "engine/crypto/hash.h"
#include "engine/keys/key_ring.h"

namespace backshelf {
namespace {

constexpr std::size_t kGroups = 7;
constexpr std::size_t kGroupLetters = 4;
constexpr std::size_t kKeyLetters = kGroups * kGroupLetters + kGroups - 1;  // with its dashes
constexpr std::size_t kMaxKeys = 1000;      // a file with more lines is no key file
constexpr std::size_t kMaxKeyBytes = 1024;  // Argon2id takes any length, people do not

bool is_key_letter(std::byte byte) {
  const char c = std::to_integer<char>(byte);
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_word_letter(std::byte byte) {
  const char c = std::to_integer<char>(byte);
  return is_key_letter(byte) || (c >= 'a' && c <= 'z') || c == '_';
}

// \b[A-Z0-9]{4}(-[A-Z0-9]{4}){6}\b, HA's own form, in any language's kit.
bool is_key_at(ByteView text, std::size_t at) {
  if (at + kKeyLetters > text.size()) return false;
  if (at > 0 && is_word_letter(text[at - 1])) return false;
  if (at + kKeyLetters < text.size() && is_word_letter(text[at + kKeyLetters])) return false;
  for (std::size_t i = 0; i < kKeyLetters; ++i) {
    const bool dash = i % (kGroupLetters + 1) == kGroupLetters;
    if (dash ? text[at + i] != std::byte{'-'} : !is_key_letter(text[at + i])) return false;
  }
  return true;
}

bool contains(const std::vector<SecretBytes>& keys, ByteView key) {
  return std::any_of(keys.begin(), keys.end(),
                     [&](const SecretBytes& known) { return known.equals(key); });
}

void add_key(std::vector<SecretBytes>& keys, ByteView key) {
  if (!contains(keys, key)) keys.emplace_back(key);
}

std::vector<ByteView> lines_of(ByteView text) {
  std::vector<ByteView> lines;
  while (!text.empty()) {
    const auto end = std::find(text.begin(), text.end(), std::byte{'\n'});
    const auto length = static_cast<std::size_t>(end - text.begin());
    ByteView line = text.first(length);
    text = text.subspan(std::min(text.size(), length + 1));
    if (!line.empty() && line.back() == std::byte{'\r'}) line = line.first(line.size() - 1);
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

ByteView trimmed(ByteView key) {
  const auto blank = [](std::byte b) {
    return b == std::byte{' '} || b == std::byte{'\t'} || b == std::byte{'\r'} ||
           b == std::byte{'\n'};
  };
  while (!key.empty() && blank(key.front())) key = key.subspan(1);
  while (!key.empty() && blank(key.back())) key = key.first(key.size() - 1);
  return key;
}

bool ends_in_colon(std::string_view line) {
  const std::size_t end = line.find_last_not_of(" \t");
  if (end == line.npos) return false;
  line = line.substr(0, end + 1);
  return line.ends_with(':') ||
         line.ends_with("\xEF\xBC\x9A");  // the full-width one of Chinese kits
}

// In any language a kit has lines that are labels, and links; a list of keys has neither.
bool is_kit(const std::vector<ByteView>& lines) {
  return lines.size() > 1 && std::any_of(lines.begin(), lines.end(), [](ByteView line) {
           const std::string_view text = as_text(line);
           return ends_in_colon(text) || text.find("://") != text.npos;
         });
}

bool is_link(ByteView line) {
  return as_text(line).find("://") != std::string_view::npos;
}

// Of a kit in a language that is not known here: instance, address (a link), key, in this order,
// each under its label, and a closing line with a link.
ByteView placed_key(const std::vector<ByteView>& lines) {
  for (std::size_t i = 0; i + 4 < lines.size(); ++i) {
    const bool address = ends_in_colon(as_text(lines[i])) && is_link(lines[i + 1]);
    if (!address || !ends_in_colon(as_text(lines[i + 2])) || is_link(lines[i + 3])) continue;
    if (is_link(lines[i + 4])) return lines[i + 3];
  }
  return {};
}

// A kit whose key is no key of Home Assistant's own form: ours and the English one say where.
ByteView labelled_key(const std::vector<ByteView>& lines) {
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    if (as_text(trimmed(lines[i])) != "Encryption key:") continue;
    return is_link(lines[i + 1]) ? ByteView()  // the closing line: the key itself is missing
                                 : lines[i + 1];
  }
  return placed_key(lines);
}

std::vector<SecretBytes> keys_of_kit(ByteView text, const std::vector<ByteView>& lines) {
  std::vector<SecretBytes> keys;
  for (std::size_t at = 0; at < text.size() && keys.size() < kMaxKeys; ++at) {
    if (is_key_at(text, at)) add_key(keys, text.subspan(at, kKeyLetters));
  }
  const ByteView labelled = labelled_key(lines);
  if (!labelled.empty() && labelled.size() <= kMaxKeyBytes) add_key(keys, labelled);
  return keys;
}

SecretBytes filtered(ByteView key, bool upper, bool drop_dashes) {
  SecretBytes form(key.size());
  std::size_t used = 0;
  for (const std::byte byte : key) {
    const char c = std::to_integer<char>(byte);
    if (drop_dashes && (c == '-' || c == ' ')) continue;
    const bool lower = c >= 'a' && c <= 'z';
    form.writable()[used++] = upper && lower ? static_cast<std::byte>(c - 'a' + 'A') : byte;
  }
  return SecretBytes(form.view().first(used));
}

SecretBytes with_dashes(ByteView letters) {
  SecretBytes form(letters.size() + letters.size() / kGroupLetters);
  std::size_t used = 0;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (i > 0 && i % kGroupLetters == 0) form.writable()[used++] = std::byte{'-'};
    form.writable()[used++] = letters[i];
  }
  return SecretBytes(form.view().first(used));
}

[[noreturn]] void refuse_text(const std::string& what, const char* why) {
  throw Error(ErrorKind::kUsage, what, why,
              "name the emergency kit, or a text file with the key alone");
}

}  // namespace

std::vector<SecretBytes> parse_key_text(ByteView text, const std::string& origin) {
  const std::string what = concat("reading the key from ", origin);
  if (text.size() >= 3 && as_text(text.first(3)) == "\xEF\xBB\xBF") text = text.subspan(3);
  const std::vector<ByteView> lines = lines_of(text);
  const bool binary = std::find(text.begin(), text.end(), std::byte{0}) != text.end();
  if (binary || lines.size() > kMaxKeys) refuse_text(what, "this is no key file");
  if (lines.empty()) refuse_text(what, "there is no key in it");
  if (is_kit(lines)) {
    std::vector<SecretBytes> keys = keys_of_kit(text, lines);
    if (keys.empty()) refuse_text(what, "this looks like an emergency kit, but holds no key");
    return keys;
  }
  std::vector<SecretBytes> keys;
  for (const ByteView line : lines) {
    if (line.size() > kMaxKeyBytes) refuse_text(what, "this is no key file");
    add_key(keys, line);
  }
  return keys;
}

std::vector<SecretBytes> forms_of(ByteView key) {
  std::vector<SecretBytes> forms;
  add_key(forms, key);
  const ByteView core = trimmed(key);
  add_key(forms, core);
  const SecretBytes upper = filtered(core, /*upper=*/true, /*drop_dashes=*/false);
  add_key(forms, upper.view());
  const SecretBytes letters = filtered(core, /*upper=*/true, /*drop_dashes=*/true);
  if (letters.size() == kGroups * kGroupLetters &&
      std::all_of(letters.view().begin(), letters.view().end(), is_key_letter)) {
    add_key(forms, with_dashes(letters.view()).view());
    add_key(forms, letters.view());
  }
  return forms;
}

SecretBytes make_key() {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  SecretBytes key(kKeyLetters);
  for (std::size_t i = 0; i < kKeyLetters; ++i) {
    const bool dash = i % (kGroupLetters + 1) == kGroupLetters;
    const char letter =
        dash ? '-' : kAlphabet[random_below(static_cast<std::uint32_t>(kAlphabet.size()))];
    key.writable()[i] = static_cast<std::byte>(letter);
  }
  return key;
}

}  // namespace backshelf
