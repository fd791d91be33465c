#include "engine/crypto/aes_cbc.h"

#include <openssl/evp.h>

#include <limits>

#include "engine/base/c_handle.h"
#include "engine/base/error.h"
#include "engine/crypto/raw_bytes.h"

namespace backshelf {
namespace {

using Context = CHandle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

[[noreturn]] void refuse() {
  throw Error(ErrorKind::kInternal, "AES-128-CBC", "OpenSSL refused");
}

Context make_context(ByteView key, const AesIv& iv, int encrypt) {
  Context context(EVP_CIPHER_CTX_new());
  if (!context || EVP_CipherInit_ex(context.get(), EVP_aes_128_cbc(), nullptr, raw(key),
                                    raw(ByteView(iv)), encrypt) != 1) {
    refuse();
  }
  (void)EVP_CIPHER_CTX_set_padding(context.get(), 0);
  return context;
}

void update(EVP_CIPHER_CTX* context, ByteView in, ByteSpan out) {
  constexpr std::size_t kStep = 1 << 30;  // OpenSSL counts in int
  while (!in.empty()) {
    const std::size_t count = std::min(in.size(), kStep);
    int written = 0;
    if (EVP_CipherUpdate(context, reinterpret_cast<unsigned char*>(out.data()), &written, raw(in),
                         static_cast<int>(count)) != 1 ||
        static_cast<std::size_t>(written) != count) {
      refuse();
    }
    in = in.subspan(count);
    out = out.subspan(count);
  }
}

}  // namespace

void aes_cbc_decrypt(ByteView key, const AesIv& iv, ByteView in, ByteSpan out) {
  const Context context = make_context(key, iv, 0);
  update(context.get(), in, out);
}

struct AesCbcEncryptor::State {
  Context context;
};

AesCbcEncryptor::AesCbcEncryptor(ByteView key, const AesIv& iv)
    : state_(std::make_unique<State>(State{make_context(key, iv, 1)})) {}
AesCbcEncryptor::~AesCbcEncryptor() = default;

void AesCbcEncryptor::encrypt(ByteView in, ByteSpan out) {
  update(state_->context.get(), in, out);
}

}  // namespace backshelf
