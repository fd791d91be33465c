#include "engine/zstd/zstd.h"

#include <zstd.h>

#include <new>

#include "engine/base/c_handle.h"
#include "engine/base/error.h"

namespace backshelf {

ByteVec zstd_compress(ByteView plain, int level) {
  const CHandle<ZSTD_CCtx, ZSTD_freeCCtx> context(ZSTD_createCCtx());
  if (!context) throw std::bad_alloc();
  (void)ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
  (void)ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  ByteVec frame(ZSTD_compressBound(plain.size()));
  const std::size_t size =
      ZSTD_compress2(context.get(), frame.data(), frame.size(), plain.data(), plain.size());
  if (ZSTD_isError(size) != 0) {
    throw Error(ErrorKind::kInternal, "compress", ZSTD_getErrorName(size));
  }
  frame.resize(size);
  return frame;
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
