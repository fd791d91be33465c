// The index at the end of an inner stream: what stands in it, to bytes and back. Layout: FORMAT.md.
// Part of engine/archive only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engine/base/entry.h"
#include "engine/crypto/chunk_cipher.h"
#include "engine/deflate/segment.h"
#include "engine/stream/source.h"

namespace backshelf {

using Digest16 = std::array<std::byte, 16>;  // BLAKE2b-128

// Entries of one inner tar in tar order, as columns. One thread at a time.
class FileColumns {
 public:
  FileColumns();
  ~FileColumns();
  FileColumns(FileColumns&&) noexcept;
  FileColumns& operator=(FileColumns&&) noexcept;
  void add(const Entry& entry, const BodyLocation& body,
           const std::optional<FileStat>& stat = std::nullopt);
  [[nodiscard]] std::uint64_t count() const;
  struct Sections {
    ByteVec files, sparse, stat;  // bodies of FILES, SPARSE, STAT; the latter two may be empty
  };
  [[nodiscard]] Sections take();  // exactly once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

using VisitFile = std::function<void(const Entry& entry, const BodyLocation& body)>;
// False: not a valid section (what was visited before is then to be dropped). Bounded: allocates no
// more than the bytes given justify.
[[nodiscard]] bool read_files(ByteView files, ByteView sparse, const VisitFile& visit);
// The STAT section: one per entry of FILES, in its order; none for what is no regular file.
[[nodiscard]] std::optional<std::vector<std::optional<FileStat>>> read_stats(ByteView stat);

// MAC prefixes of the chunks of the SecureTar v3 stream that were flushed when the index was made.
struct MacTable {
  Digest16 header{};  // of the 136-byte SecureTar header with its size field as zeros
  std::vector<std::array<std::byte, 8>> prefixes;
};

// `header`: the 136 bytes before the first chunk.
[[nodiscard]] Digest16 seal_header_digest(ByteView header);

struct IndexFacts {
  std::uint64_t tar_bytes = 0;   // the whole tar, end blocks and padding included
  std::uint64_t main_bytes = 0;  // offset of the index in the stream
  bool gzip = true;
  bool zstd = false;       // neither: the stream is the tar, and segments are a CRC grid of 1 MiB
  bool hashes = false;     // Segment::hash is filled
  std::uint8_t level = 0;  // Level of the writer, for reuse
  Timestamp snapshot;      // when the source was read, for trust in FileStat
};

// Everything behind the main gzip member, the frames of zstd, or the tar: INDEX and FOOT.
[[nodiscard]] ByteVec print_tail_index(const IndexFacts& facts,
                                       const std::vector<Segment>& segments,
                                       const FileColumns::Sections& files,
                                       const std::optional<MacTable>& macs);

struct TailIndex {
  IndexFacts facts;
  std::vector<Segment> segments;
  ByteVec files, sparse, stat;
  std::optional<MacTable> macs;
};
// Footer, hash, bounds and the self-checks of FORMAT.md (lengths; of gzip the trailer, and the CRC
// of all segments combined against it). Nullopt: there is none, or it is not to be trusted; never
// an error of the user's. `plain`: the decrypted inner stream. Throws only what `plain` throws that
// is neither kDamaged nor kTruncated.
[[nodiscard]] std::optional<TailIndex> read_tail_index(const RandomSource& plain);

// The member `./.seek.v1` of the outer tar: where the encrypted tails begin. Public values only.
struct HintMember {
  Digest16 name{};  // BLAKE2b-128 of the member's name
  Digest16 head{};  // BLAKE2b-128 of its first 136 bytes
  std::uint64_t size = 0;
  std::uint32_t chunks = 0, first_chunk = 0;  // of all; the first one of the index
  MacChain chain{};                           // XOR of the MAC prefixes before `first_chunk`
};
inline constexpr const char* kHintName = "./.seek.v1";
[[nodiscard]] ByteVec print_hint(const std::vector<HintMember>& members);
[[nodiscard]] std::vector<HintMember> parse_hint(ByteView bytes);  // empty: none that is valid

}  // namespace backshelf
