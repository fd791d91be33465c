#include "engine/securetar/unsealed_source.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/crypto/aes_cbc.h"
#include "engine/securetar/unsealed_v3.h"
#include "engine/stream/adapters.h"

namespace backshelf {
namespace {

constexpr char kWhat[] = "reading an encrypted member";

// v1 and v2: any block decrypts with the ciphertext block before it as IV.
class UnsealedCbc final : public UnsealedSource {
 public:
  UnsealedCbc(std::shared_ptr<const RandomSource> member, const SealHeader& header,
              std::shared_ptr<const OpenedKey> key)
      : member_(std::move(member)),
        key_(std::move(key)),
        start_(header.format == SealFormat::kV2 ? kV2HeaderBytes : kV1HeaderBytes) {
    const std::uint64_t payload = member_->size() - std::min(member_->size(), start_);
    sealed_ = payload - payload % kAesBlock;
    if (sealed_ == 0) {
      throw Error(ErrorKind::kTruncated, kWhat, "it ends before its first block",
                  "get a whole copy of this archive");
    }
    size_ = sealed_;
    if (payload != sealed_) cut("its length is no multiple of 16");
    if (header.format == SealFormat::kV2) find_v2_end(header.plain_size);
  }

  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] End end_state() const override { return end_; }
  [[nodiscard]] std::string end_problem() const override { return problem_; }
  [[nodiscard]] bool authenticated() const override { return false; }

  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) const override {
    if (offset >= size_) return 0;
    const std::uint64_t count = std::min<std::uint64_t>(out.size(), size_ - offset);
    const std::uint64_t first = offset - offset % kAesBlock;
    const std::uint64_t end = offset + count;
    const std::uint64_t last = std::min(sealed_, (end + kAesBlock - 1) / kAesBlock * kAesBlock);
    ByteVec plain = decrypt(first, static_cast<std::size_t>(last - first));
    std::copy_n(plain.begin() + static_cast<std::ptrdiff_t>(offset - first), count, out.begin());
    wipe(plain);
    return static_cast<std::size_t>(count);
  }

 private:
  void cut(std::string why) {
    end_ = End::kTruncated;
    problem_ = std::move(why);
  }

  [[nodiscard]] ByteVec decrypt(std::uint64_t offset, std::size_t count) const {
    AesIv iv = key_->iv;
    const bool at_start = offset == 0;
    const std::uint64_t from = start_ + offset - (at_start ? 0 : kAesBlock);
    const ByteVec sealed = read_exactly(*member_, from, count + (at_start ? 0 : kAesBlock), kWhat);
    ByteView blocks = sealed;
    if (!at_start) {
      std::copy_n(blocks.begin(), kAesBlock, iv.begin());
      blocks = blocks.subspan(kAesBlock);
    }
    ByteVec plain(count);
    aes_cbc_decrypt(key_->key.view(), iv, blocks, plain);
    return plain;
  }

  // The length of the padding, 0 when it is none.
  [[nodiscard]] std::size_t padding() const {
    const ByteVec last = decrypt(sealed_ - kAesBlock, kAesBlock);
    const auto length = std::to_integer<std::size_t>(last.back());
    if (length == 0 || length > kAesBlock) return 0;
    const bool all = std::all_of(last.end() - static_cast<std::ptrdiff_t>(length), last.end(),
                                 [&](std::byte b) { return b == last.back(); });
    return all ? length : 0;
  }

  // HA's reader strips the padding and ignores the header's size; the size is patched in last, so a
  // crashed writer leaves 0. Both are hints against each other, and neither is authenticated.
  void find_v2_end(std::uint64_t promised) {
    const std::size_t pad = padding();
    const bool header_fits = promised < sealed_ && sealed_ - promised <= kAesBlock;
    if (end_ == End::kTruncated) return;
    if (header_fits && (pad == 0 || sealed_ - pad == promised)) {
      size_ = promised;
      if (pad == 0) problem_ = "its padding is damaged; the size in its header was used";
    } else if (pad != 0) {
      size_ = sealed_ - pad;
      if (promised != size_) problem_ = "the size in its header is wrong; its padding was used";
    } else {
      cut(concat("it has no padding at its end, and its header promises ", promised, " bytes"));
    }
  }

  const std::shared_ptr<const RandomSource> member_;
  const std::shared_ptr<const OpenedKey> key_;
  const std::uint64_t start_;  // of the ciphertext
  std::uint64_t sealed_ = 0;   // whole blocks of ciphertext
  std::uint64_t size_ = 0;
  End end_ = End::kSound;
  std::string problem_;
};

}  // namespace

std::unique_ptr<UnsealedSource> unseal(std::shared_ptr<const RandomSource> member,
                                       const SealHeader& header,
                                       std::shared_ptr<const OpenedKey> key, BlockCache& cache,
                                       const std::optional<TailHint>& hint) {
  if (header.format == SealFormat::kV3) {
    auto cipher = make_chunk_cipher(key->key.view(), header.stream_header);
    return unseal_v3(std::move(member), header, std::move(cipher), cache, hint);
  }
  return std::make_unique<UnsealedCbc>(std::move(member), header, std::move(key));
}

}  // namespace backshelf
