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
#include "engine/deflate/segment_noise.h"

namespace backshelf {
namespace {

constexpr std::size_t kMaxStoredBytes = 65535;  // RFC 1951, 3.2.4: LEN has 16 bits
constexpr std::size_t kStoredHeaderBytes = 5;
constexpr std::array<std::byte, 4> kEmptyStored = {std::byte{0}, std::byte{0}, std::byte{0xff},
                                                   std::byte{0xff}};
// Stored unless at least one part in this many is saved.
constexpr std::size_t kWorthwhilePart = 64;
// Of what the quickest level saves: a slower one may save twice as much.
constexpr std::size_t kProbePart = 128;

bool is_worthwhile(std::size_t packed, std::size_t plain, std::size_t part = kWorthwhilePart) {
  return packed > 0 && packed < plain - plain / part;
}

void write_stored_block(ByteView plain, Sink& to) {
  const auto low = static_cast<std::byte>(plain.size() & 0xff);
  const auto high = static_cast<std::byte>(plain.size() >> 8);
  to.write(std::array<std::byte, kStoredHeaderBytes>{std::byte{0}, low, high, ~low, ~high});
  if (!plain.empty()) to.write(plain);
}

[[noreturn]] void fail(const std::string& why) {
  throw Error(ErrorKind::kInternal, "compress", why, "report this; nothing was stored");
}

class LibdeflateStream {
 public:
  explicit LibdeflateStream(int level) : compressor_(libdeflate_alloc_compressor(level)) {
    if (!compressor_) throw std::bad_alloc();
  }

  // Size of the (final) stream; 0 when it does not fit.
  [[nodiscard]] std::size_t compress(ByteView plain, ByteSpan out) {
    return libdeflate_deflate_compress(compressor_.get(), plain.data(), plain.size(), out.data(),
                                       out.size());
  }
  static void open(SegmentBuffer& packed, ByteView plain) { open_end(packed, plain); }

 private:
  CHandle<libdeflate_compressor, libdeflate_free_compressor> compressor_;
};

#if BACKSHELF_HAVE_ISAL
class IsalStream {
 public:
  explicit IsalStream(std::uint32_t level)
      : level_(level), stream_(std::make_unique<isal_zstream>()) {
    if (level == 1) level_buffer_.resize(ISAL_DEF_LVL1_DEFAULT);
    if (level == 2) level_buffer_.resize(ISAL_DEF_LVL2_DEFAULT);
  }

  // Size of the segment; 0 when it does not fit.
  [[nodiscard]] std::size_t compress(ByteView plain, ByteSpan out) {
    isal_zstream& stream = *stream_;
    isal_deflate_stateless_init(&stream);
    stream.level = level_;
    stream.level_buf = reinterpret_cast<std::uint8_t*>(level_buffer_.data());
    stream.level_buf_size = static_cast<std::uint32_t>(level_buffer_.size());
    stream.flush = FULL_FLUSH;
    stream.end_of_stream = 0;
    stream.next_in = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(plain.data()));
    stream.avail_in = static_cast<std::uint32_t>(plain.size());
    stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
    stream.avail_out = static_cast<std::uint32_t>(out.size());
    const int result = isal_deflate_stateless(&stream);
    if (result == STATELESS_OVERFLOW) return 0;
    if (result != COMP_OK || stream.avail_in != 0) fail(concat("ISA-L says ", result));
    return stream.total_out;
  }
  static void open(SegmentBuffer& /*packed*/, ByteView /*plain*/) {}  // it is open already

 private:
  std::uint32_t level_;
  std::unique_ptr<isal_zstream> stream_;
  ByteVec level_buffer_;
};
using ProbeStream = IsalStream;
#else
using ProbeStream = LibdeflateStream;
#endif

// A quick level that is tried on the middle of a segment, as files begin with headers.
struct Probe {
  ProbeStream stream;
  std::size_t bytes;

  [[nodiscard]] bool shrinks(ByteView plain, ByteSpan scratch) {
    const std::size_t size = std::min(plain.size(), bytes);
    const ByteView tried = plain.subspan((plain.size() - size) / 2, size);
    return is_worthwhile(stream.compress(tried, scratch.first(size)), size, kProbePart);
  }
};

std::vector<Probe> make_probes([[maybe_unused]] Level level) {
  // Two windows of deflate are enough to see repetitions.
  constexpr std::size_t kTwoWindows = 64 * kKiB;
  std::vector<Probe> probes;
#if BACKSHELF_HAVE_ISAL
  // 0 sees repetitions, 1 (which leaps over what does not compress) uneven bytes. What ISA-L is
  // to compress needs no look at the latter: it saves too little.
  probes.push_back({IsalStream(0), kTwoWindows});
  if (level != Level::kFast) probes.push_back({IsalStream(1), kMaxSegmentBytes});
#else
  probes.push_back({LibdeflateStream(1), kTwoWindows});
#endif
  return probes;
}

// What looks like noise is probed before time is spent on it.
template <typename Stream>
class ProbingEncoder final : public SegmentEncoder {
 public:
  ProbingEncoder(Stream stream, std::vector<Probe> probes)
      : stream_(std::move(stream)), probes_(std::move(probes)) {}

  [[nodiscard]] bool encode(ByteView plain, SegmentBuffer& packed) override {
    if (looks_like_noise(plain) && std::ranges::none_of(probes_, [&](Probe& probe) {
          return probe.shrinks(plain, packed.whole());
        })) {
      return false;
    }
    // No room for more than is worthwhile: the libraries give up early.
    const std::size_t size = stream_.compress(plain, packed.whole().first(plain.size()));
    if (!is_worthwhile(size, plain.size())) return false;
    packed.set_size(size);
    Stream::open(packed, plain);
    return true;
  }

 private:
  Stream stream_;
  std::vector<Probe> probes_;
};

template <typename Stream>
std::unique_ptr<SegmentEncoder> probing(Stream stream, Level level) {
  return std::make_unique<ProbingEncoder<Stream>>(std::move(stream), make_probes(level));
}

class CodecEncoder final : public SegmentEncoder {
 public:
  explicit CodecEncoder(const SegmentCodec& codec) : encoder_(codec.make_encoder()) {}
  [[nodiscard]] bool encode(ByteView plain, SegmentBuffer& packed) override {
    packed.set_size(encoder_->encode(plain, packed.whole()));
    return true;
  }

 private:
  std::unique_ptr<SegmentCodec::Encoder> encoder_;
};

}  // namespace

std::unique_ptr<SegmentEncoder> make_segment_encoder(const SegmentCodec& codec) {
  return std::make_unique<CodecEncoder>(codec);
}

std::unique_ptr<SegmentEncoder> make_segment_encoder(Level level) {
  constexpr int kBalancedLevel = 6, kSmallLevel = 9;
  switch (level) {
    case Level::kBalanced:
      return probing(LibdeflateStream(kBalancedLevel), level);
    case Level::kSmall:
      return probing(LibdeflateStream(kSmallLevel), level);
    case Level::kFast:
    case Level::kNone:
    case Level::kZstd:
      break;
  }
#if BACKSHELF_HAVE_ISAL
  return probing(IsalStream(2), Level::kFast);
#else
  return probing(LibdeflateStream(1), Level::kFast);
#endif
}

void write_stored(ByteView plain, Sink& to) {
  while (!plain.empty()) {
    const std::size_t count = std::min(plain.size(), kMaxStoredBytes);
    write_stored_block(plain.first(count), to);
    plain = plain.subspan(count);
  }
  write_stored_block({}, to);
}

std::uint64_t stored_bytes(std::uint64_t plain_bytes) {
  const std::uint64_t blocks = (plain_bytes + kMaxStoredBytes - 1) / kMaxStoredBytes + 1;
  return plain_bytes + blocks * kStoredHeaderBytes;
}

void open_end(SegmentBuffer& packed, ByteView plain) {
  constexpr std::size_t kStepBytes = 64 * kKiB;
  Inflater inflater;
  ByteVec decoded(kStepBytes);
  std::size_t consumed = 0, produced = 0, last_header_bit = 0, end_bit = 0;
  for (;;) {
    const Inflater::Step step = inflater.run(packed.view().subspan(consumed), decoded, true);
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
  packed.whole()[last_header_bit / 8] &= ~(std::byte{1} << (last_header_bit % 8));
  // The header of a stored block: three zero bits, and zeros to the end of the byte.
  const std::size_t size = (end_bit + 3 + 7) / 8;
  if (size > packed.size()) packed.append(std::array{std::byte{0}});
  packed.set_size(size);
  packed.append(kEmptyStored);
}

}  // namespace backshelf
