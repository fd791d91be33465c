#include "engine/zstd/zstd.h"

#include <new>

#include "engine/base/c_handle.h"
#include "engine/zstd/zstd_check.h"

namespace backshelf {

ByteVec zstd_compress(ByteView plain, int level) {
  ByteVec frame;
  zstd_append(frame, {&plain, 1}, level);
  return frame;
}

void zstd_append(ByteVec& out, std::span<const ByteView> pieces, int level) {
  const CHandle<ZSTD_CCtx, ZSTD_freeCCtx> context(ZSTD_createCCtx());
  if (!context) throw std::bad_alloc();
  std::size_t total = 0;
  for (const ByteView piece : pieces) total += piece.size();
  check_zstd(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level));
  check_zstd(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1));
  check_zstd(ZSTD_CCtx_setPledgedSrcSize(context.get(), total));
  const std::size_t step = ZSTD_CStreamOutSize();
  for (std::size_t i = 0; i <= pieces.size(); ++i) {
    const bool last = i == pieces.size();
    const ByteView piece = last ? ByteView() : pieces[i];
    ZSTD_inBuffer input{piece.data(), piece.size(), 0};
    for (bool more = true; more;) {
      const std::size_t before = out.size();
      out.resize(before + step);
      ZSTD_outBuffer output{out.data() + before, step, 0};
      const std::size_t left =
          ZSTD_compressStream2(context.get(), &output, &input, last ? ZSTD_e_end : ZSTD_e_continue);
      check_zstd(left);
      out.resize(before + output.pos);
      more = last ? left > 0 : input.pos < input.size;
    }
  }
}

std::optional<ByteVec> zstd_decompress(ByteView frame, std::size_t limit) {
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > limit) {
    return std::nullopt;
  }
  if (ZSTD_findFrameCompressedSize(frame.data(), frame.size()) != frame.size()) return std::nullopt;
  ByteVec plain(static_cast<std::size_t>(size));
  const std::size_t got = ZSTD_decompress(plain.data(), plain.size(), frame.data(), frame.size());
  if (ZSTD_isError(got) != 0 || got != plain.size()) return std::nullopt;
  return plain;
}

}  // namespace backshelf
