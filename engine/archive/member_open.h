// One inner member, opened: key, plaintext, first entries; part of engine/archive.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/archive/archive.h"
#include "engine/archive/outer_header.h"
#include "engine/archive/tail_index.h"
#include "engine/base/error.h"
#include "engine/securetar/unsealed_source.h"

namespace backshelf {

// What the outer tar and the first bytes say. Immutable.
struct MemberFacts {
  OuterMember outer;
  InnerName name;
  std::shared_ptr<const RandomSource> bytes;  // exactly the member's
  SealHeader seal;
  ByteVec start;                        // at most kSniffBytes
  std::uint64_t checkpoint_budget = 0;  // bytes; its share of what the archive's members may take
  std::optional<TailHint> hint;         // of the archive, when it fits this member
};

[[nodiscard]] MemberFacts facts_of(std::shared_ptr<const RandomSource> archive, OuterMember outer,
                                   InnerName name, const std::vector<HintMember>& hints);
// Which SecureTar it is by its bytes; none: not encrypted.
[[nodiscard]] std::optional<int> securetar_version(const SealHeader& seal);

class Sidecar;

// A member whose key was found. Immutable, thread-safe.
struct OpenedMember {
  std::shared_ptr<const RandomSource> plain;  // gzip, zstd or tar
  bool gzip = false;
  bool zstd = false;
  bool padded_v1 = false;      // the trailer of the gzip stream lies as v1's writer left it
  bool authenticated = false;  // every byte of `plain` is proved by a MAC when it is read
  bool cut = false;            // bytes are known to be missing at its end
  std::uint64_t checkpoint_budget = 0;
  std::shared_ptr<const UnsealedSource> sealed;  // `plain`, when it is encrypted
  Digest16 seal_digest{};                        // of its header, when it is SecureTar v3
  std::shared_ptr<const Sidecar> sidecar;        // null: what a pass finds is not kept
  std::vector<Entry> first;  // the first entries of the tar, as far as a short look shows them

  void believe_macs(const std::vector<MacPrefix>& prefixes) const {
    if (sealed) sealed->believe_macs(prefixes);
  }
};

struct OpenOutcome {
  State state = State::kOk;
  std::string problem;
  std::shared_ptr<const OpenedMember> opened;  // null: it cannot be read at all
};

// Never throws for what the bytes say: Error(kIo) only.
[[nodiscard]] OpenOutcome open_member(const MemberFacts& facts, ArchiveTools tools);

[[nodiscard]] State state_of(ErrorKind kind);  // kOk: says nothing about the bytes
[[nodiscard]] ErrorKind kind_of(State state);

}  // namespace backshelf
