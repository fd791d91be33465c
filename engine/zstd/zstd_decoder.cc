#include "engine/zstd/zstd_decoder.h"

#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "engine/base/c_handle.h"
#include "engine/base/error.h"

namespace backshelf {
namespace {

constexpr std::size_t kInputBytes = 256 * kKiB;
constexpr int kMaxWindowLog = 23;                  // 8 MiB: RFC 8878, 3.1.1.1.2
constexpr std::uint32_t kFrameMagic = 0xfd2fb528;  // RFC 8878, 3.1
constexpr std::uint32_t kSkippableMagic = 0x184d2a50;
constexpr std::uint32_t kSkippableMask = 0xfffffff0;
constexpr std::uint64_t kSkippableHeadBytes = 8;
// In a row. Ours are those of the index; nobody can be asked to stop between them.
constexpr std::size_t kMaxSkipped = 100'000;
constexpr std::size_t kFrameHeadBytes = 5;  // magic and descriptor
constexpr std::byte kChecksumFlag{4};       // of the descriptor

}  // namespace

struct ZstdDecoder::State {
  State(const RandomSource& source, const ZstdPlace& from)
      : packed(source), handle(ZSTD_createDCtx()), next_read(from.packed), at(from) {
    if (!handle) throw std::bad_alloc();
    (void)ZSTD_DCtx_setParameter(handle.get(), ZSTD_d_windowLogMax, kMaxWindowLog);
    result.plain_bytes = result.checked_bytes = from.plain;
  }

  const RandomSource& packed;
  const CHandle<ZSTD_DCtx, ZSTD_freeDCtx> handle;
  ByteVec buffer;
  std::size_t begin = 0, filled = 0;  // of `buffer`, not decoded yet
  std::uint64_t next_read = 0;        // offset in `packed`
  ZstdPlace at;                       // where the frame begins
  std::size_t skipped = 0;            // frames without content since the last with some
  bool in_frame = false, checksum = false, done = false;
  ZstdResult result;

  [[nodiscard]] std::size_t left() const { return filled - begin; }
  [[nodiscard]] std::uint64_t offset() const { return next_read - left(); }

  void end(ZstdResult::End how, std::string problem) {
    done = true;
    result.end = how;
    result.problem = std::move(problem);
  }

  // At least `wanted` bytes, unless the file ends. Never reads across a multiple of kInputBytes, so
  // that a damaged chunk of an encrypted stream takes nothing with it that stands before it.
  bool fill(std::size_t wanted) {
    while (left() < wanted) {
      buffer.resize(kInputBytes + kSkippableHeadBytes);
      std::copy(buffer.begin() + static_cast<std::ptrdiff_t>(begin),
                buffer.begin() + static_cast<std::ptrdiff_t>(filled), buffer.begin());
      filled -= std::exchange(begin, 0);
      const auto count = static_cast<std::size_t>(kInputBytes - next_read % kInputBytes);
      const std::size_t got = packed.read_at(next_read, ByteSpan(buffer).subspan(filled, count));
      if (got == 0) return false;
      filled += got;
      next_read += got;
    }
    return true;
  }

  [[nodiscard]] ByteView input() const { return ByteView(buffer).subspan(begin, left()); }

  // Passes over what holds no data; false: the data ended.
  bool begin_frame() {
    while (!done) {
      if (!fill(kFrameHeadBytes)) {
        end_of_file();
      } else if (const std::uint32_t magic = load_le32(input()); magic == kFrameMagic) {
        at = {offset(), result.plain_bytes};
        checksum = (input()[4] & kChecksumFlag) != std::byte{0};
        (void)ZSTD_DCtx_reset(handle.get(), ZSTD_reset_session_only);
        in_frame = true;
        return true;
      } else if ((magic & kSkippableMask) == kSkippableMagic) {
        if (++skipped > kMaxSkipped) {
          return end(ZstdResult::End::kDamaged, "frames without content follow each other"), false;
        }
        skip();
      } else {
        end(ZstdResult::End::kDamaged,
            concat("what stands at ", offset(), " of it is no zstd frame"));
      }
    }
    return false;
  }

  void end_of_file() {
    if (left() > 0 || offset() == 0) {
      end(ZstdResult::End::kTruncated, "it ends inside the head of a zstd frame");
    } else {
      end(ZstdResult::End::kSound, {});
    }
  }

  void skip() {
    if (!fill(kSkippableHeadBytes)) return end_of_file();
    const std::uint64_t size = kSkippableHeadBytes + load_le32(input().subspan(4));
    if (size > packed.size() - offset()) {
      return end(ZstdResult::End::kTruncated, "it ends inside a skippable frame");
    }
    if (size <= left()) {
      begin += static_cast<std::size_t>(size);
    } else {
      next_read = offset() + size;
      begin = filled = 0;
    }
  }

  [[nodiscard]] std::string problem_of(std::size_t error) const {
    if (ZSTD_getErrorCode(error) == ZSTD_error_frameParameter_windowTooLarge) {
      return concat("its zstd frame at ", at.packed,
                    " needs a window of more than 8 MiB: it was made with --long or --ultra");
    }
    return concat("its zstd data is damaged at ", offset(), ": ", ZSTD_getErrorName(error));
  }

  void end_frame() {
    in_frame = false;
    if (++skipped > kMaxSkipped) {
      return end(ZstdResult::End::kDamaged, "frames without content follow each other");
    }
    at = {offset(), result.plain_bytes};
    result.all_checked = result.all_checked && checksum;
    if (result.all_checked) result.checked_bytes = result.plain_bytes;
  }

  [[nodiscard]] std::size_t decode(ByteSpan out) {
    if (done || (!in_frame && !begin_frame())) return 0;
    for (;;) {
      const bool more = fill(1);
      ZSTD_inBuffer in{input().data(), left(), 0};
      ZSTD_outBuffer to{out.data(), out.size(), 0};
      const std::size_t hint = ZSTD_decompressStream(handle.get(), &to, &in);
      if (ZSTD_isError(hint) != 0) {
        end(ZstdResult::End::kDamaged, problem_of(hint));
        return 0;
      }
      begin += in.pos;
      result.plain_bytes += to.pos;
      if (to.pos > 0) skipped = 0;
      if (hint == 0) {
        end_frame();
      } else if (!more && to.pos == 0 && in.pos == 0) {
        end(ZstdResult::End::kTruncated, "it ends inside a zstd frame");
        return 0;
      }
      if (to.pos > 0 || hint == 0) return to.pos;
    }
  }
};

ZstdDecoder::ZstdDecoder(const RandomSource& packed, const ZstdPlace& from)
    : state_(std::make_unique<State>(packed, from)) {}
ZstdDecoder::~ZstdDecoder() = default;

std::size_t ZstdDecoder::decode(ByteSpan out) {
  return state_->decode(out);
}

std::uint64_t ZstdDecoder::plain_offset() const {
  return state_->result.plain_bytes;
}

std::uint64_t ZstdDecoder::memory_bytes() const {
  return ZSTD_sizeof_DCtx(state_->handle.get()) + state_->buffer.capacity();
}

bool ZstdDecoder::ended() const {
  return state_->done;
}

bool ZstdDecoder::at_frame_start() const {
  return !state_->in_frame;
}

ZstdPlace ZstdDecoder::place() const {
  return state_->at;
}

void ZstdDecoder::end(ZstdResult::End end, std::string problem) {
  state_->end(end, std::move(problem));
}

const ZstdResult& ZstdDecoder::result() const {
  return state_->result;
}

}  // namespace backshelf
