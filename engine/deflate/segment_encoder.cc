#include "engine/deflate/segment_encoder.h"

#include <libdeflate.h>
#if BACKSHELF_HAVE_ISAL
#include <isa-l/igzip_lib.h>
#endif

#include <algorithm>
#include <array>
#include <new>

#include "engine/base/c_handle.h"
#include "engine/base/error.h"
#include "engine/deflate/inflater.h"

namespace backshelf {
namespace {

constexpr std::size_t kMaxStoredBytes = 65535;  // RFC 1951, 3.2.4: LEN has 16 bits
constexpr std::size_t kStoredHeaderBytes = 5;
constexpr std::array<std::byte, 4> kEmptyStored = {std::byte{0}, std::byte{0}, std::byte{0xff},
                                                   std::byte{0xff}};
// Stored unless at least one part in this many is saved.
constexpr std::size_t kWorthwhilePart = 64;

bool is_worthwhile(std::size_t packed, std::size_t plain) {
  return packed > 0 && packed < plain - plain / kWorthwhilePart;
}

void append_stored(ByteVec& to, ByteView plain) {
  const auto low = static_cast<std::byte>(plain.size() & 0xff);
  const auto high = static_cast<std::byte>(plain.size() >> 8);
  to.insert(to.end(), {std::byte{0}, low, high, ~low, ~high});
  to.insert(to.end(), plain.begin(), plain.end());
}

[[noreturn]] void fail(const std::string& why) {
  throw Error(ErrorKind::kInternal, "compress", why, "report this; nothing was stored");
}

class LibdeflateEncoder final : public SegmentEncoder {
 public:
  explicit LibdeflateEncoder(int level) : compressor_(libdeflate_alloc_compressor(level)) {
    if (!compressor_) throw std::bad_alloc();
  }

  [[nodiscard]] ByteVec encode(ByteView plain) override {
    // No room for more than is worthwhile: libdeflate gives up early.
    if (scratch_.size() < plain.size()) scratch_.resize(plain.size());
    const std::size_t size = libdeflate_deflate_compress(
        compressor_.get(), plain.data(), plain.size(), scratch_.data(), plain.size());
    if (!is_worthwhile(size, plain.size())) return stored_segment(plain);
    ByteVec packed;
    packed.reserve(size + kStoredHeaderBytes + 1);
    packed.assign(scratch_.begin(), scratch_.begin() + static_cast<std::ptrdiff_t>(size));
    open_end(packed, plain);
    return packed;
  }

 private:
  const CHandle<libdeflate_compressor, libdeflate_free_compressor> compressor_;
  ByteVec scratch_;
};

#if BACKSHELF_HAVE_ISAL
class IsalEncoder final : public SegmentEncoder {
 public:
  IsalEncoder() : stream_(std::make_unique<isal_zstream>()), level_buffer_(ISAL_DEF_LVL2_DEFAULT) {}

  [[nodiscard]] ByteVec encode(ByteView plain) override {
    if (scratch_.size() < plain.size()) scratch_.resize(plain.size());
    isal_zstream& stream = *stream_;
    isal_deflate_stateless_init(&stream);
    stream.level = 2;
    stream.level_buf = reinterpret_cast<std::uint8_t*>(level_buffer_.data());
    stream.level_buf_size = static_cast<std::uint32_t>(level_buffer_.size());
    stream.flush = FULL_FLUSH;
    stream.end_of_stream = 0;
    stream.next_in = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(plain.data()));
    stream.avail_in = static_cast<std::uint32_t>(plain.size());
    stream.next_out = reinterpret_cast<std::uint8_t*>(scratch_.data());
    stream.avail_out = static_cast<std::uint32_t>(plain.size());
    const int result = isal_deflate_stateless(&stream);
    if (result == STATELESS_OVERFLOW) return stored_segment(plain);
    if (result != COMP_OK || stream.avail_in != 0) fail(concat("ISA-L says ", result));
    const std::size_t size = stream.total_out;
    if (!is_worthwhile(size, plain.size())) return stored_segment(plain);
    return ByteVec(scratch_.begin(), scratch_.begin() + static_cast<std::ptrdiff_t>(size));
  }

 private:
  const std::unique_ptr<isal_zstream> stream_;
  ByteVec level_buffer_;
  ByteVec scratch_;
};
#endif

}  // namespace

std::unique_ptr<SegmentEncoder> make_segment_encoder(Level level) {
  constexpr int kFastLevel = 1, kBalancedLevel = 6, kSmallLevel = 9;
  switch (level) {
    case Level::kFast:
#if BACKSHELF_HAVE_ISAL
      return std::make_unique<IsalEncoder>();
#else
      return std::make_unique<LibdeflateEncoder>(kFastLevel);
#endif
    case Level::kBalanced:
      return std::make_unique<LibdeflateEncoder>(kBalancedLevel);
    case Level::kSmall:
      return std::make_unique<LibdeflateEncoder>(kSmallLevel);
    case Level::kNone:
      break;
  }
  return std::make_unique<LibdeflateEncoder>(kFastLevel);
}

ByteVec stored_segment(ByteView plain) {
  ByteVec packed;
  packed.reserve(plain.size() + (plain.size() / kMaxStoredBytes + 2) * kStoredHeaderBytes);
  while (!plain.empty()) {
    const std::size_t count = std::min(plain.size(), kMaxStoredBytes);
    append_stored(packed, plain.first(count));
    plain = plain.subspan(count);
  }
  append_stored(packed, {});
  return packed;
}

void open_end(ByteVec& packed, ByteView plain) {
  constexpr std::size_t kStepBytes = 64 * kKiB;
  Inflater inflater;
  ByteVec decoded(kStepBytes);
  std::size_t consumed = 0, produced = 0, last_header_bit = 0, end_bit = 0;
  for (;;) {
    const Inflater::Step step = inflater.run(ByteView(packed).subspan(consumed), decoded, true);
    consumed += step.consumed;
    if (step.produced > plain.size() - produced ||
        !std::equal(decoded.begin(), decoded.begin() + static_cast<std::ptrdiff_t>(step.produced),
                    plain.begin() + static_cast<std::ptrdiff_t>(produced))) {
      fail("the compressed bytes do not decode to what was given");
    }
    produced += step.produced;
    const std::size_t here = 8 * consumed - step.unused_bits;
    if (step.block_end && step.last_block && end_bit == 0) end_bit = here;
    if (step.block_end && !step.last_block) last_header_bit = here;
    if (step.status == Inflater::Status::kEnd) break;
    if (step.status == Inflater::Status::kDamaged || step.consumed + step.produced == 0) {
      fail("the compressed bytes do not decode");
    }
  }
  if (produced != plain.size() || end_bit == 0) fail("the compressed bytes decode to too few");
  packed[last_header_bit / 8] &= ~(std::byte{1} << (last_header_bit % 8));
  packed.resize((end_bit + 3 + 7) / 8);  // the header of a stored block: three zero bits
  packed.insert(packed.end(), kEmptyStored.begin(), kEmptyStored.end());
}

}  // namespace backshelf
