// SecureTar v3 by position; see unsealed_source.h. Apart from it, so that tests can put a fake
// cipher in.
#pragma once

#include <vector>

#include "engine/crypto/chunk_cipher.h"
#include "engine/securetar/chunk_layout.h"
#include "engine/securetar/unsealed_source.h"

namespace backshelf {

[[nodiscard]] std::unique_ptr<UnsealedSource> unseal_v3(std::shared_ptr<const RandomSource> member,
                                                        const SealHeader& header,
                                                        std::unique_ptr<ChunkCipher> cipher,
                                                        BlockCache& cache,
                                                        const std::optional<TailHint>& hint = {});

}  // namespace backshelf
