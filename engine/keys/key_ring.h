// The keys this process knows, and how it opens members with them.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/securetar/key_source.h"

namespace backshelf {

// Text of a key file (the key alone, several keys one per line, or an emergency kit in any
// language) to keys, in order. One line end and a BOM are taken off; nothing else is changed.
// Throws Error(kUsage) when there is no key in it.
[[nodiscard]] std::vector<SecretBytes> parse_key_text(ByteView text, const std::string& origin);
// What a person may have typed for this key: as is, trimmed, upper case, dashes every 4, without
// dashes. No duplicates.
[[nodiscard]] std::vector<SecretBytes> forms_of(ByteView key);
// A new key as HA's frontend makes it: 7 groups of 4 from A–Z0–9, joined by '-'.
[[nodiscard]] SecretBytes make_key();

// With which of its keys (by number, in the order of trying) a ring opened an archive earlier, by
// root salt: tried first, so that an archive of an old key costs one derivation. A guess: it says
// nothing about a key, and a wrong one costs one more derivation. Thread-safe; never throws.
class KeyHints {
 public:
  using RootSalt = std::array<std::byte, 16>;
  KeyHints() = default;
  KeyHints(const KeyHints&) = delete;
  KeyHints& operator=(const KeyHints&) = delete;
  virtual ~KeyHints() = default;
  [[nodiscard]] virtual std::optional<std::uint32_t> find(const RootSalt& salt) const = 0;
  virtual void note(const RootSalt& salt, std::uint32_t number) = 0;
};

// A KeySource over a list of keys. Thread-safe. Derived keys are cached in locked memory by root
// salt; a salt that no key opens is remembered too, so that 1,000 archives of another house cost
// one derivation each, once.
class KeyRing : public KeySource {
 public:
  // The first key is the one new archives are sealed with. `hints` is borrowed, and may be null.
  [[nodiscard]] static std::unique_ptr<KeyRing> make(std::vector<SecretBytes> keys,
                                                     KeyHints* hints = nullptr);
  [[nodiscard]] virtual std::size_t size() const = 0;
};

}  // namespace backshelf
