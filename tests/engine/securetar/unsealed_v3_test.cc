// v3 streams that no writer should have made.
#include "engine/securetar/unsealed_v3.h"

#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "engine/stream/adapters.h"

namespace backshelf {
namespace {

class Hollow final : public RandomSource {
 public:
  explicit Hollow(std::uint64_t size) : size_(size) {}
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] std::size_t read_at(std::uint64_t, ByteSpan out) const override {
    ++reads;
    std::fill(out.begin(), out.end(), std::byte{0});
    return out.size();
  }
  mutable std::uint64_t reads = 0;

 private:
  std::uint64_t size_;
};

class UnsealedV3Test : public ::testing::Test {
 protected:
  const ByteVec key_ = ByteVec(32, std::byte{7});
  BlockCache cache_{16 * kMiB};
};

TEST_F(UnsealedV3Test, ASizeThatNoBackupHasIsRefusedWithoutReading) {
  SealHeader header;
  header.format = SealFormat::kV3;
  header.plain_size = (std::uint64_t{1} << 44U);
  const auto member = std::make_shared<Hollow>(v3_sealed_size(header.plain_size));
  const ByteVec stream_header(kStreamHeaderBytes);
  try {
    (void)unseal_v3(member, header, make_chunk_cipher(key_, stream_header), cache_);
    FAIL() << "it was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kDamaged);
  }
  EXPECT_EQ(member->reads, 0U);
}

}  // namespace
}  // namespace backshelf
