// What a pass over a gzip stream left behind, as bytes that a later program reads again.
#pragma once

#include <optional>

#include "engine/deflate/gunzip.h"

namespace backshelf {

// Whether it can be written: the stream ended sound, and every block of it has its CRC, so that
// bytes which changed since cannot pass for those of the pass.
[[nodiscard]] bool can_be_kept(const GunzipIndex& index);
// REQUIRES: can_be_kept(). The bytes hold pieces of the plain stream: whoever keeps them encrypts
// them. Throws what `out` throws.
void write_gunzip_index(const GunzipIndex& index, Sink& out);
// Reads exactly what was written. Nullopt: these are not such bytes, or they end too early; memory
// grows with the bytes read, not with what they claim. Throws what `in` throws.
[[nodiscard]] std::optional<GunzipPass::Finished> read_gunzip_index(Source& in);

}  // namespace backshelf
