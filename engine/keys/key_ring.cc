#include "engine/keys/key_ring.h"

#include <algorithm>
#include <map>
#include <set>

#include "engine/base/error.h"
#include "engine/base/guarded.h"
#include "engine/crypto/aes_cbc.h"
#include "engine/crypto/hash.h"
#include "engine/securetar/derive.h"

namespace backshelf {
namespace {

using Salt = std::array<std::byte, 16>;
using RootKey = std::shared_ptr<const SecretBytes>;

// A root key per house and archive: many thousands of archives would be many thousands of salts.
constexpr std::size_t kMaxRememberedSalts = 4096;

constexpr char kWhat[] = "opening an encrypted backup";

// What a v3 header lets a key be checked against; also the name under which a refusal is
// remembered.
struct Check {
  Salt root_salt, validation_salt;
  std::array<std::byte, 32> validation_key;
  friend auto operator<=>(const Check&, const Check&) = default;
};

bool opens(const SecretBytes& root_key, const Check& check) {
  return v3_validation_key(root_key.view(), check.validation_salt).equals(check.validation_key);
}

class KeyRingImpl final : public KeyRing {
 public:
  KeyRingImpl(std::vector<SecretBytes> keys, KeyHints* hints)
      : hints_(hints), keys_(std::move(keys)) {
    for (const SecretBytes& key : keys_) add_form(key.view());  // exact keys before guesses
    for (const SecretBytes& key : keys_) {
      for (const SecretBytes& form : forms_of(key.view())) add_form(form.view());
    }
  }

  [[nodiscard]] std::size_t size() const override { return keys_.size(); }

  [[nodiscard]] std::shared_ptr<const OpenedKey> open(const SealHeader& header,
                                                      ByteView start) override {
    if (header.format == SealFormat::kUnsupported || !header.complete) {
      throw Error(
          ErrorKind::kUnsupported, kWhat,
          concat("it is SecureTar version ", header.version, ", which this program does not know"),
          "use a newer version of this program");
    }
    if (keys_.empty()) {
      throw Error(ErrorKind::kNeedsKey, kWhat,
                  concat("it is encrypted (SecureTar v", header.version, ")"),
                  "give the key or the emergency kit with -k FILE, or set [key] file");
    }
    return header.format == SealFormat::kV3 ? open_v3(header) : open_cbc(header, start);
  }

  [[nodiscard]] std::shared_ptr<const SealKey> seal_key(int version) override {
    if (keys_.empty()) {
      throw Error(ErrorKind::kNeedsKey, "making an encrypted backup", "there is no key",
                  "set [key] file, or give one with -k FILE");
    }
    return sealing_with(keys_.front().view(), version);
  }

  [[nodiscard]] std::shared_ptr<const SealKey> seal_key_like(const SealHeader& header,
                                                             ByteView start, int version) override {
    (void)open(header, start);  // throws when no key does
    for (const Form& form : forms_) {
      if (is_key_of(form, header, start)) return sealing_with(form.password.view(), version);
    }
    refuse();
  }

 private:
  [[nodiscard]] std::shared_ptr<const SealKey> sealing_with(ByteView password, int version) {
    auto sealing = std::make_shared<SealKey>();
    sealing->version = version;
    if (version == 2) {
      sealing->secret = cbc_key(password);
      return sealing;
    }
    random_bytes(sealing->root_salt);
    random_bytes(sealing->validation_salt);
    sealing->secret = v3_root_key(password, sealing->root_salt);
    const SecretBytes proof = v3_validation_key(sealing->secret.view(), sealing->validation_salt);
    std::copy(proof.view().begin(), proof.view().end(), sealing->validation_key.begin());
    known_.with([&](Known& known) {
      remember(known, sealing->root_salt, std::make_shared<SecretBytes>(sealing->secret.clone()));
    });
    return sealing;
  }

  struct Form {
    SecretBytes password;
    SecretBytes aes_key;  // v1, v2
  };
  struct Known {
    std::map<Salt, RootKey> roots;
    std::set<Check> refused;
    std::set<Salt> deriving;
  };

  void add_form(ByteView password) {
    const bool known = std::any_of(forms_.begin(), forms_.end(), [&](const Form& form) {
      return form.password.equals(password);
    });
    if (!known) forms_.push_back({SecretBytes(password), cbc_key(password)});
  }

  static void remember(Known& known, const Salt& salt, RootKey root) {
    if (known.roots.size() >= kMaxRememberedSalts) known.roots.clear();
    known.roots[salt] = std::move(root);
  }

  [[noreturn]] void refuse() const {
    throw Error(ErrorKind::kWrongKey, kWhat,
                keys_.size() == 1 ? std::string("the key does not open it")
                                  : concat("none of the ", keys_.size(), " keys opens it"),
                "it was made with another key: look for the emergency kit of that time");
  }

  [[nodiscard]] std::shared_ptr<const OpenedKey> open_v3(const SealHeader& header) {
    const Check check{header.root_salt, header.validation_salt, header.validation_key};
    const RootKey root = root_key(check);
    if (!root) refuse();
    auto opened = std::make_shared<OpenedKey>();
    opened->key = v3_stream_key(root->view(), header.derivation_salt);
    return opened;
  }

  // One thread derives for a salt, the others wait for it. Null: no key fits.
  [[nodiscard]] RootKey root_key(const Check& check) {
    RootKey remembered;
    const bool refused =
        known_.wait([&](const Known& known) { return !known.deriving.contains(check.root_salt); },
                    [&](Known& known) {
                      const auto root = known.roots.find(check.root_salt);
                      if (root != known.roots.end()) {
                        // No two keys share a root salt: another form would not open it either.
                        if (opens(*root->second, check)) remembered = root->second;
                        return !remembered;
                      }
                      if (known.refused.contains(check)) return true;
                      known.deriving.insert(check.root_salt);
                      return false;
                    });
    if (refused || remembered) return remembered;
    RootKey found;
    std::exception_ptr failure;
    try {
      found = derive(check);
    } catch (...) {  // cleanup: the threads that wait for this salt must go on
      failure = std::current_exception();
    }
    known_.with([&](Known& known) {
      known.deriving.erase(check.root_salt);
      if (found) {
        remember(known, check.root_salt, found);
      } else if (!failure) {
        if (known.refused.size() >= kMaxRememberedSalts) known.refused.clear();
        known.refused.insert(check);
      }
    });
    known_.notify_all();
    if (failure) std::rethrow_exception(failure);
    return found;
  }

  [[nodiscard]] RootKey derive(const Check& check) const {
    const auto noted = hints_ == nullptr ? std::nullopt : hints_->find(check.root_salt);
    const std::size_t guess = noted && *noted < forms_.size() ? *noted : 0;
    if (RootKey root = derive_with(guess, check)) return root;
    for (std::size_t number = 0; number < forms_.size(); ++number) {
      if (number == guess) continue;
      if (RootKey root = derive_with(number, check)) {
        if (hints_ != nullptr) hints_->note(check.root_salt, static_cast<std::uint32_t>(number));
        return root;
      }
    }
    return nullptr;
  }

  // Null: that form of a key does not open it.
  [[nodiscard]] RootKey derive_with(std::size_t number, const Check& check) const {
    auto root =
        std::make_shared<SecretBytes>(v3_root_key(forms_[number].password.view(), check.root_salt));
    return opens(*root, check) ? root : nullptr;
  }

  // What of a v1 or v2 member a key is tried on.
  static ByteView sealed_start(const SealHeader& header, ByteView start) {
    const std::size_t skip = header.format == SealFormat::kV2 ? kV2HeaderBytes : kV1HeaderBytes;
    const ByteView sealed = start.subspan(std::min(start.size(), skip));
    return sealed.first(std::min<std::size_t>(sealed.size() - sealed.size() % kAesBlock, 512));
  }

  static bool is_key_of(const Form& form, const SealHeader& header, ByteView start) {
    if (header.format == SealFormat::kV3) {
      const Check check{header.root_salt, header.validation_salt, header.validation_key};
      return opens(v3_root_key(form.password.view(), check.root_salt), check);
    }
    const ByteView sealed = sealed_start(header, start);
    const bool derived = gives_archive(form, cbc_iv(form.aes_key.view(), header.salt), sealed);
    return derived ||
           (header.format == SealFormat::kV1 && gives_archive(form, header.salt, sealed));
  }

  [[nodiscard]] std::shared_ptr<const OpenedKey> open_cbc(const SealHeader& header,
                                                          ByteView start) const {
    const ByteView sealed = sealed_start(header, start);
    if (sealed.empty()) {
      throw Error(ErrorKind::kTruncated, kWhat, "it ends before its first block",
                  "get a whole copy of this archive");
    }
    for (const Form& form : forms_) {
      const AesIv derived = cbc_iv(form.aes_key.view(), header.salt);
      if (gives_archive(form, derived, sealed)) return opened_cbc(form, derived);
      // Release 0.89 (one day in February 2018) used the 16 bytes as the IV itself.
      const AesIv& direct = header.salt;
      if (header.format == SealFormat::kV1 && gives_archive(form, direct, sealed)) {
        return opened_cbc(form, direct);
      }
    }
    refuse();
  }

  // These formats hold nothing to check a key against but that the plaintext must be gzip, zstd or
  // tar.
  static bool gives_archive(const Form& form, const AesIv& iv, ByteView sealed) {
    ByteVec plain(sealed.size());
    aes_cbc_decrypt(form.aes_key.view(), iv, sealed, plain);
    const SealFormat format = sniff(plain).format;
    wipe(plain);
    return format == SealFormat::kPlainGzip || format == SealFormat::kPlainZstd ||
           format == SealFormat::kPlainTar;
  }

  static std::shared_ptr<const OpenedKey> opened_cbc(const Form& form, const AesIv& iv) {
    auto opened = std::make_shared<OpenedKey>();
    opened->key = form.aes_key.clone();
    opened->iv = iv;
    return opened;
  }

  KeyHints* const hints_;
  const std::vector<SecretBytes> keys_;
  std::vector<Form> forms_;
  Guarded<Known> known_;
};

}  // namespace

std::unique_ptr<KeyRing> KeyRing::make(std::vector<SecretBytes> keys, KeyHints* hints) {
  return std::make_unique<KeyRingImpl>(std::move(keys), hints);
}

}  // namespace backshelf
