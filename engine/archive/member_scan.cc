#include "engine/archive/member_scan.h"

#include <algorithm>

#include "engine/archive/sidecar.h"
#include "engine/base/error.h"
#include "engine/deflate/gunzip_index_bytes.h"
#include "engine/stream/adapters.h"
#include "engine/stream/read_ahead.h"
#include "engine/zstd/zstd_pass.h"

namespace backshelf {
namespace {

constexpr std::uint64_t kMaxKeptEntries = 1'000'000;  // more take memory while the pass goes on

constexpr std::uint64_t kChunksAhead = 2;  // fit beside the reader's into verify's small cache

// Ends where bytes stop being proved: behind it a CRC was wrong, so any of them may be.
class ProvedSource final : public RandomSource {
 public:
  ProvedSource(std::shared_ptr<const RandomSource> below, std::uint64_t proved, std::string problem)
      : below_(std::move(below)), proved_(proved), problem_(std::move(problem)) {}
  [[nodiscard]] std::uint64_t size() const override { return below_->size(); }
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) const override {
    if (offset + out.size() > proved_ && offset < size()) {
      throw Error(ErrorKind::kDamaged, "reading a damaged member",
                  concat(problem_, ", so that its bytes cannot be trusted"),
                  "use another copy of this archive");
    }
    return below_->read_at(offset, out);
  }

 private:
  const std::shared_ptr<const RandomSource> below_;
  const std::uint64_t proved_;
  const std::string problem_;
};

// Up to where the decoded bytes are right. A MAC proves what was read before it failed; bytes that
// are missing at the end say nothing against those before; any other fault leaves the CRCs alone.
template <typename Result>
std::uint64_t proved_bytes(const OpenedMember& opened, const Result& result, bool mac_failed) {
  if (result.end == Result::End::kSound) return result.plain_bytes;
  if (opened.authenticated && mac_failed) return result.plain_bytes;
  if (result.end == Result::End::kTruncated && opened.cut) return result.plain_bytes;
  return result.checked_bytes;
}

// `whole`: nothing is missing around the tar, so that an end inside it is no cut but a fault.
void judge_tar(const TarScanResult& result, bool whole, ScanOutcome& outcome) {
  outcome.entries = result.entries;
  if (outcome.state != State::kOk || result.end == TarScanResult::End::kSound) return;
  const bool cut = result.end == TarScanResult::End::kTruncated && !whole;
  outcome.state = cut ? State::kTruncated : State::kDamaged;
  outcome.problem = result.problem;
}

// Decrypts on another core what the decoder wants next; other formats cost too little for that.
std::shared_ptr<const RandomSource> ahead_of(const OpenedMember& opened) {
  if (!opened.authenticated || opened.plain->size() <= 2 * kV3ChunkBytes) return opened.plain;
  return std::make_shared<ReadAhead>(opened.plain, kV3ChunkBytes, kChunksAhead);
}

// What a pass over compressed bytes says; `outcome.tar` is what reads them from now on.
template <typename Result>
void judge_pass(const OpenedMember& opened, const Result& result, const WatchedSource& watched,
                const TarScanResult& tar, ScanOutcome& outcome) {
  outcome.read_up_to = watched.read_up_to();
  if (const auto failure = watched.failure()) {
    outcome.state = state_of(failure->kind());
    outcome.problem = failure->why();
  } else if (result.end != Result::End::kSound) {
    const bool cut = result.end == Result::End::kTruncated;
    outcome.state = cut ? State::kTruncated : State::kDamaged;
    outcome.problem = result.problem;
  }
  const std::uint64_t proved = proved_bytes(opened, result, watched.failure().has_value());
  if (proved < result.plain_bytes) {
    outcome.tar = std::make_shared<ProvedSource>(outcome.tar, proved, outcome.problem);
  }
  judge_tar(tar, true, outcome);
  if (outcome.entries == 0 && outcome.state == State::kDamaged && !opened.authenticated) {
    outcome.problem += " (from its beginning on: if it is encrypted, the key is probably wrong)";
  }
}

ScanOutcome scan_gzip(const OpenedMember& opened, BlockCache& cache, const TarVisit& visit,
                      const OnRead& on_read, std::stop_token stop) {
  const auto watched = std::make_shared<WatchedSource>(ahead_of(opened), on_read);
  GunzipPass pass(watched, opened.padded_v1 ? GzipTrailer::kPaddedV1 : GzipTrailer::kNormal,
                  opened.checkpoint_budget);
  const TarScanResult tar = scan_tar(pass, visit, {}, stop);
  const GunzipPass::Finished finished = pass.finish(stop);
  ScanOutcome outcome;
  outcome.index_bytes = finished.index_bytes;
  outcome.index = finished.index;
  outcome.authenticated = opened.authenticated || finished.result.end == GunzipResult::End::kSound;
  outcome.tar = make_gunzip_source(opened.plain, finished.index, cache);
  judge_pass(opened, finished.result, *watched, tar, outcome);
  return outcome;
}

ScanOutcome scan_zstd(const OpenedMember& opened, BlockCache& cache, const TarVisit& visit,
                      const OnRead& on_read, std::stop_token stop) {
  const auto watched = std::make_shared<WatchedSource>(ahead_of(opened), on_read);
  ZstdPass pass(watched, opened.checkpoint_budget);
  const TarScanResult tar = scan_tar(pass, visit, {}, stop);
  const ZstdPass::Finished finished = pass.finish(stop);
  const ZstdResult& result = finished.result;
  ScanOutcome outcome;
  outcome.index_bytes = finished.index_bytes;
  outcome.authenticated =
      opened.authenticated || (result.end == ZstdResult::End::kSound && result.all_checked);
  outcome.tar = make_zstd_source(opened.plain, finished.index, cache);
  judge_pass(opened, result, *watched, tar, outcome);
  return outcome;
}

ScanOutcome scan_bytes(const OpenedMember& opened, BlockCache& cache, const TarVisit& visit,
                       const OnRead& on_read, std::stop_token stop) {
  if (opened.gzip) return scan_gzip(opened, cache, visit, on_read, std::move(stop));
  if (opened.zstd) return scan_zstd(opened, cache, visit, on_read, std::move(stop));
  ScanOutcome outcome;
  outcome.authenticated = opened.authenticated;
  outcome.tar = opened.plain;
  const bool whole = opened.authenticated && !opened.cut;
  judge_tar(scan_tar(*opened.plain, visit, {}, std::move(stop)), whole, outcome);
  return outcome;
}

// What an earlier pass found; nullopt: nothing that is of use. All is looked at before the first
// visit, which cannot be taken back.
std::optional<ScanOutcome> scan_sidecar(const OpenedMember& opened, BlockCache& cache,
                                        const TarVisit& visit) {
  auto kept = opened.sidecar->find();
  if (!kept || kept->gunzip.has_value() != opened.gzip) return std::nullopt;
  const FileColumns::Sections& names = kept->names;
  std::uint64_t entries = 0;
  const bool readable =
      read_files(names.files, names.sparse, [&](const Entry&, const BodyLocation&) { ++entries; });
  if (!readable || entries != kept->entries) return std::nullopt;
  ScanOutcome outcome;
  outcome.authenticated = kept->authenticated;
  outcome.entries = entries;
  outcome.tar = opened.plain;
  if (opened.gzip) {
    outcome.index_bytes = kept->gunzip->index_bytes;
    outcome.index = kept->gunzip->index;
    outcome.tar = make_gunzip_source(opened.plain, outcome.index, cache);
  }
  (void)read_files(names.files, names.sparse, visit);
  return outcome;
}

// Only what is sound: what is wrong with a member is for the bytes to say, each time. And only what
// later reads can be checked against.
bool may_be_kept(const OpenedMember& opened, const ScanOutcome& outcome) {
  if (outcome.state != State::kOk || !outcome.problem.empty()) return false;
  return opened.gzip ? can_be_kept(*outcome.index) : opened.authenticated;
}

void keep(const OpenedMember& opened, const ScanOutcome& outcome, FileColumns& names) {
  if (names.count() != outcome.entries || !may_be_kept(opened, outcome)) return;
  SidecarContent content;
  content.authenticated = outcome.authenticated;
  content.entries = outcome.entries;
  content.names = names.take();
  if (opened.gzip) {
    content.gunzip.emplace();
    content.gunzip->index = outcome.index;
  }
  try {
    opened.sidecar->store(content);
  } catch (const Error&) {  // isolation: it only saves time, and the pass was made
  }
}

}  // namespace

std::size_t WatchedSource::read_at(std::uint64_t offset, ByteSpan out) const {
  try {
    const std::size_t count = below_->read_at(offset, out);
    const std::uint64_t up_to = seen_.with([&](Seen& seen) {
      seen.up_to = std::max(seen.up_to, offset + count);
      return seen.up_to;
    });
    if (on_read_) on_read_(up_to);
    return count;
  } catch (const Error& error) {  // isolation: noted, and passed on
    if (state_of(error.kind()) != State::kOk) {
      seen_.with([&](Seen& seen) {
        if (!seen.failure) seen.failure = error;
      });
    }
    throw;
  }
}

std::uint64_t WatchedSource::read_up_to() const {
  return seen_.with([](const Seen& seen) { return seen.up_to; });
}

std::optional<Error> WatchedSource::failure() const {
  return seen_.with([](const Seen& seen) { return seen.failure; });
}

ScanOutcome scan_member(const OpenedMember& opened, BlockCache& cache, const TarVisit& visit,
                        const OnRead& on_read, std::stop_token stop) {
  // A sidecar has no place for frames; almost every zstd member has its own index.
  if (!opened.sidecar || opened.zstd)
    return scan_bytes(opened, cache, visit, on_read, std::move(stop));
  if (auto known = scan_sidecar(opened, cache, visit)) return std::move(*known);
  FileColumns names;
  const TarVisit noted = [&](const Entry& entry, const BodyLocation& body) {
    if (names.count() < kMaxKeptEntries) names.add(entry, body);
    visit(entry, body);
  };
  ScanOutcome outcome = scan_bytes(opened, cache, noted, on_read, std::move(stop));
  keep(opened, outcome, names);
  return outcome;
}

ReadThrough read_through(const RandomSource& plain, std::uint64_t from, const OnRead& on_read,
                         std::stop_token stop) {
  ReadThrough result;
  ByteVec buffer(kV3ChunkBytes);
  std::uint64_t offset = from - from % kV3ChunkBytes;
  while (offset < plain.size()) {
    if (stop.stop_requested()) {
      throw Error(ErrorKind::kInterrupted, "verifying", "it was stopped");
    }
    try {
      const std::size_t got = plain.read_at(offset, buffer);
      if (got < buffer.size() && offset + got < plain.size()) {
        throw Error(ErrorKind::kTruncated, "verifying", "its end is missing");
      }
    } catch (const Error& error) {  // isolation: one damaged block of many
      if (state_of(error.kind()) == State::kOk) throw;
      ++result.bad_blocks;
      if (!result.first) result.first = error;
      if (error.kind() == ErrorKind::kTruncated) break;
    }
    offset += buffer.size();
    if (on_read) on_read(std::min(offset, plain.size()));
  }
  return result;
}

}  // namespace backshelf
