#include "engine/securetar/unsealed_v3.h"

#include "engine/base/error.h"
#include "engine/stream/adapters.h"

namespace backshelf {
namespace {

constexpr char kTask[] = "reading an encrypted member";
// 4 TiB. The size is not authenticated, a sparse file of any size costs nothing, and every chunk is
// looked at when a member is opened.
constexpr std::uint64_t kMaxChunks = 4 * kMiB;

// Of this thread: ciphertext on its way to be opened.
ByteSpan sealed_buffer(std::size_t size) {
  thread_local ByteVec buffer;
  if (buffer.size() < size) buffer.resize(size);
  return ByteSpan(buffer).first(size);
}

class UnsealedV3 final : public UnsealedSource {
 public:
  UnsealedV3(std::shared_ptr<const RandomSource> member, const SealHeader& header,
             std::unique_ptr<ChunkCipher> cipher, BlockCache& cache,
             const std::optional<TailHint>& hint)
      : member_(std::move(member)),
        layout_{header.plain_size, member_->size()},
        cipher_(std::move(cipher)),
        cache_(cache),
        owner_(cache.new_owner()),
        chains_(*member_, layout_, hint) {
    look_at_end();
  }
  ~UnsealedV3() override { cache_.drop_owner(owner_); }

  [[nodiscard]] std::uint64_t size() const override { return layout_.plain_size; }
  [[nodiscard]] End end_state() const override { return end_; }
  [[nodiscard]] std::string end_problem() const override { return problem_; }
  [[nodiscard]] bool authenticated() const override { return true; }
  void believe_macs(const std::vector<MacPrefix>& prefixes) const override {
    chains_.believe(prefixes);
  }

  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) const override {
    return read_by_blocks(
        layout_.plain_size, kV3ChunkBytes, offset, out, [this](std::uint64_t chunk) {
          return cache_.get(owner_, chunk, [&] { return open_chunk(chunk).plain; });
        });
  }

 private:
  struct OpenedChunk {
    ByteVec plain;
    bool final = false;
  };

  // Truncated is not ended: only the FINAL mark of the last chunk says that nothing is missing.
  void look_at_end() {
    if (layout_.present() < layout_.promised()) {
      end_ = End::kTruncated;
      problem_ = concat("it ends after ", layout_.member_size, " bytes instead of ",
                        v3_sealed_size(layout_.plain_size));
      if (chains_.size() == 0) {
        throw Error(ErrorKind::kTruncated, kTask, concat(problem_, "; nothing of it can be read"),
                    "get a whole copy of this archive");
      }
      return;
    }
    const std::uint64_t last = layout_.promised() - 1;
    try {
      OpenedChunk chunk = open_chunk(last);
      if (!chunk.final) {
        end_ = End::kDamaged;
        problem_ = "its end is not marked: something was cut off, or its header was changed";
      }
      cache_.offer(owner_, last, std::move(chunk.plain));
    } catch (const Error& error) {  // isolation: one bad chunk, and the others stay readable
      if (error.kind() != ErrorKind::kDamaged) throw;
      end_ = End::kDamaged;
      problem_ = error.why();
      look_for_early_end(last);
    }
  }

  // Behind a FINAL mark nothing opens any more, as behind a damaged MAC: what is the last chunk
  // that does? `bad`: one that does not.
  void look_for_early_end(std::uint64_t bad) {
    std::optional<std::uint64_t> marked;
    for (std::uint64_t good = 0; good < bad;) {  // all before `good` open
      const std::uint64_t middle = good + (bad - good) / 2;
      const auto opened = try_chunk(middle);
      if (!opened) {
        bad = middle;
        continue;
      }
      good = middle + 1;
      marked = opened->final ? std::optional(middle) : std::nullopt;
    }
    if (!marked) return;
    early_end_ = marked;
    problem_ = early_end_problem(*marked);
  }

  [[nodiscard]] static std::string early_end_problem(std::uint64_t chunk) {
    return concat("its stream ends too early: the end is marked after ",
                  (chunk + 1) * kV3ChunkBytes, " bytes of it");
  }

  // Nullopt: it is not authentic. REQUIRES: it is wholly there.
  [[nodiscard]] std::optional<OpenedChunk> try_chunk(std::uint64_t chunk) const {
    const MacChains::Before before = chains_.before(chunk);
    auto opened = try_chunk(chunk, before.chain);
    if (opened || before.is_truth) return opened;
    chains_.distrust();
    return try_chunk(chunk, chains_.before(chunk).chain);
  }

  [[nodiscard]] std::optional<OpenedChunk> try_chunk(std::uint64_t chunk,
                                                     const MacChain& before) const {
    const ByteSpan sealed = sealed_buffer(static_cast<std::size_t>(layout_.sealed_bytes(chunk)));
    if (member_->read_at(layout_.sealed_offset(chunk), sealed) != sealed.size()) {
      throw Error(ErrorKind::kTruncated, kTask, "the file became shorter while it was read",
                  "get a whole copy of this archive");
    }
    OpenedChunk opened;
    opened.plain = cache_.buffer(static_cast<std::size_t>(layout_.plain_bytes(chunk)));
    const auto result =
        cipher_->open(static_cast<std::uint32_t>(chunk), before, sealed, opened.plain);
    if (!result) return std::nullopt;
    opened.final = result->final;
    return opened;
  }

  [[nodiscard]] OpenedChunk open_chunk(std::uint64_t chunk) const {
    if (chunk >= chains_.size()) {
      throw Error(ErrorKind::kTruncated, kTask, "the archive was cut before this place",
                  "get a whole copy of this archive");
    }
    if (early_end_ && chunk > *early_end_) throw damaged(early_end_problem(*early_end_));
    auto opened = try_chunk(chunk);
    if (!opened) {
      const std::uint64_t from = chunk * kV3ChunkBytes;
      throw damaged(concat("the bytes from ", from, " to ", from + layout_.plain_bytes(chunk),
                           " of it were changed or damaged"));
    }
    // What such a chunk holds is shown when it was known as the end from the beginning on.
    if (opened->final && chunk + 1 < layout_.promised() && chunk != early_end_) {
      throw damaged(early_end_problem(chunk));
    }
    return std::move(*opened);
  }

  [[nodiscard]] static Error damaged(std::string why) {
    return {ErrorKind::kDamaged, kTask, std::move(why), "use another copy of this archive"};
  }

  const std::shared_ptr<const RandomSource> member_;
  const ChunkLayout layout_;
  const std::unique_ptr<ChunkCipher> cipher_;
  BlockCache& cache_;
  const std::uint64_t owner_;
  const MacChains chains_;
  std::optional<std::uint64_t> early_end_;  // the chunk with a FINAL mark that comes too early
  End end_ = End::kSound;
  std::string problem_;
};

}  // namespace

std::unique_ptr<UnsealedSource> unseal_v3(std::shared_ptr<const RandomSource> member,
                                          const SealHeader& header,
                                          std::unique_ptr<ChunkCipher> cipher, BlockCache& cache,
                                          const std::optional<TailHint>& hint) {
  if (header.plain_size > kMaxChunks * kV3ChunkBytes) {
    throw Error(ErrorKind::kDamaged, kTask,
                concat("its header claims ", header.plain_size, " bytes; more than ",
                       kMaxChunks * kV3ChunkBytes, " are not read"),
                "use another copy of this archive");
  }
  return std::make_unique<UnsealedV3>(std::move(member), header, std::move(cipher), cache, hint);
}

}  // namespace backshelf
