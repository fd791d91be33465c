// What one pass over a sealed member of a foreign archive found, kept so that no later program
// makes it again. It only saves time: every read is still checked against the archive's own MACs,
// or against the CRCs of the pass.
//
// The file: a SecureTar v3 stream (FINAL mark, MACs, its own salt) under a root key that is derived
// from what opens the member: BLAKE2b-256 keyed with it, person "HASeekSidecar1". Inside: a digest
// that binds it to the member; six numbers (version, flags, entries, bytes of FILES, bytes of
// SPARSE, bytes of their zstd frame); the frame; for gzip, the index of the pass.
#pragma once

#include <memory>
#include <optional>

#include "engine/archive/sidecars.h"
#include "engine/archive/tail_index.h"
#include "engine/deflate/gunzip.h"
#include "engine/securetar/key_source.h"

namespace backshelf {

struct SidecarContent {
  bool authenticated = false;  // what the pass said of the member
  std::uint64_t entries = 0;
  FileColumns::Sections names;                 // FILES and SPARSE
  std::optional<GunzipPass::Finished> gunzip;  // none: the member is a plain tar
};

// What stands behind the binding digest, decrypted. Nullopt: it is no such content. `limit_bytes`:
// the whole file's; no piece can be larger.
[[nodiscard]] std::optional<SidecarContent> read_sidecar_content(Source& in,
                                                                 std::uint64_t limit_bytes);

// Of one member. Thread-safe. Throws nothing but what reading the member's ends throws.
class Sidecar {
 public:
  // `store` is borrowed. `plain_size`: of the whole opened member.
  Sidecar(Sidecars& store, std::shared_ptr<const RandomSource> member, const SealHeader& seal,
          std::uint64_t plain_size, std::shared_ptr<const OpenedKey> key);

  // Nullopt: none, or one that is stale, cut or changed; that one is removed.
  [[nodiscard]] std::optional<SidecarContent> find() const;
  // REQUIRES: a gunzip index that can_be_kept().
  void store(const SidecarContent& content) const;

 private:
  using Digest = std::array<std::byte, 32>;
  [[nodiscard]] Digest binding() const;
  [[nodiscard]] SecretBytes root_key() const;
  [[nodiscard]] std::optional<SidecarContent> read(std::shared_ptr<const RandomSource> file,
                                                   const Digest& binding) const;
  void write(const SidecarContent& content, const Digest& binding, AtomicFile& file) const;

  Sidecars& store_;
  const std::shared_ptr<const RandomSource> member_;
  const SealFormat format_;
  const std::uint64_t plain_size_;
  const std::shared_ptr<const OpenedKey> key_;
};

}  // namespace backshelf
