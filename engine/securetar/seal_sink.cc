#include "engine/securetar/seal_sink.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/crypto/aes_cbc.h"
#include "engine/crypto/chunk_cipher.h"
#include "engine/crypto/hash.h"
#include "engine/securetar/derive.h"

namespace backshelf {
namespace {

ByteVec begin_header(std::size_t size, int version) {
  ByteVec header(size);
  const ByteView magic = as_bytes("SecureTar");
  std::copy(magic.begin(), magic.end(), header.begin());
  header[9] = static_cast<std::byte>(version);
  return header;
}

template <std::size_t N>
void put(ByteVec& header, std::size_t offset, const std::array<std::byte, N>& field) {
  std::copy(field.begin(), field.end(), header.begin() + static_cast<std::ptrdiff_t>(offset));
}

std::array<std::byte, 16> fresh_salt() {
  std::array<std::byte, 16> salt{};
  random_bytes(salt);
  return salt;
}

// Keeps the newest chunk back until it is known whether it is the last one: that one carries FINAL.
class SealV3 final : public SealSink {
 public:
  SealV3(Sink& below, const SealKey& key)
      : below_(below),
        salt_(fresh_salt()),
        stream_key_(v3_stream_key(key.secret.view(), salt_)),
        sealer_(stream_key_.view()),
        header_(begin_header(kV3HeaderBytes, 3)) {
    put(header_, 32, key.root_salt);
    put(header_, 48, key.validation_salt);
    put(header_, 64, key.validation_key);
    put(header_, 96, salt_);
    put(header_, 112, sealer_.header());
    below_.write(header_);
    sealed_size_ = header_.size();
  }
  ~SealV3() override { wipe(ByteSpan(chunk_).subspan(kChunkTagBytes, held_)); }

  [[nodiscard]] const std::vector<MacPrefix>& macs() const override { return macs_; }
  [[nodiscard]] ByteView header() const override { return header_; }

  void write(ByteView bytes) override {
    while (!bytes.empty()) {
      if (held_ == kV3ChunkBytes) flush(/*final=*/false);
      const std::size_t count = std::min<std::size_t>(bytes.size(), kV3ChunkBytes - held_);
      std::ranges::copy(bytes.first(count), plain_end());
      held_ += count;
      bytes = bytes.subspan(count);
    }
  }

  [[nodiscard]] Sealed finish() override {
    flush(/*final=*/true);
    store_be64(ByteSpan(header_).subspan(16), plain_size_);
    return {plain_size_, sealed_size_, header_};
  }

 private:
  [[nodiscard]] ByteVec::iterator plain_end() {
    return chunk_.begin() + static_cast<std::ptrdiff_t>(kChunkTagBytes + held_);
  }

  void flush(bool final) {
    const ByteSpan sealed = ByteSpan(chunk_).first(held_ + kChunkOverheadBytes);
    sealer_.seal(sealed.subspan(kChunkTagBytes, held_), final, sealed);
    plain_size_ += held_;
    held_ = 0;
    below_.write(sealed);
    MacPrefix& prefix = macs_.emplace_back();
    std::ranges::copy(sealed.last(kChunkMacBytes).first(prefix.size()), prefix.begin());
    sealed_size_ += sealed.size();
  }

  Sink& below_;
  const std::array<std::byte, 16> salt_;
  const SecretBytes stream_key_;
  ChunkSealer sealer_;
  ByteVec header_;
  ByteVec chunk_ = ByteVec(kV3ChunkBytes + kChunkOverheadBytes);  // plain bytes stand at [1]
  std::size_t held_ = 0;                                          // plain bytes of them
  std::vector<MacPrefix> macs_;
  std::uint64_t plain_size_ = 0, sealed_size_ = 0;
};

class SealV2 final : public SealSink {
 public:
  SealV2(Sink& below, const SealKey& key)
      : below_(below),
        salt_(fresh_salt()),
        encryptor_(key.secret.view(), cbc_iv(key.secret.view(), salt_)),
        header_(begin_header(kV2HeaderBytes, 2)) {
    put(header_, 32, salt_);
    below_.write(header_);
  }
  ~SealV2() override { wipe(held_); }

  [[nodiscard]] const std::vector<MacPrefix>& macs() const override { return macs_; }
  [[nodiscard]] ByteView header() const override { return header_; }

  void write(ByteView bytes) override {
    held_.insert(held_.end(), bytes.begin(), bytes.end());
    plain_size_ += bytes.size();
    encrypt_blocks();
  }

  [[nodiscard]] Sealed finish() override {
    const std::size_t pad = kAesBlock - held_.size() % kAesBlock;
    held_.insert(held_.end(), pad, static_cast<std::byte>(pad));
    encrypt_blocks();
    store_be64(ByteSpan(header_).subspan(16), plain_size_);
    return {plain_size_, v2_sealed_size(plain_size_), header_};
  }

 private:
  void encrypt_blocks() {
    const std::size_t whole = held_.size() - held_.size() % kAesBlock;
    if (whole == 0) return;
    out_.resize(whole);
    encryptor_.encrypt(ByteView(held_).first(whole), out_);
    below_.write(out_);
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(whole));
  }

  Sink& below_;
  const std::array<std::byte, 16> salt_;
  AesCbcEncryptor encryptor_;
  ByteVec header_;
  ByteVec held_;  // less than a block between calls
  ByteVec out_;
  const std::vector<MacPrefix> macs_;  // this format has none
  std::uint64_t plain_size_ = 0;
};

}  // namespace

std::unique_ptr<SealSink> seal(Sink& below, std::shared_ptr<const SealKey> key) {
  if (key->version == 2) return std::make_unique<SealV2>(below, *key);
  return std::make_unique<SealV3>(below, *key);
}

}  // namespace backshelf
