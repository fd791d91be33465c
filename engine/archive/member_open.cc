#include "engine/archive/member_open.h"

#include <algorithm>

#include "engine/archive/sidecar.h"
#include "engine/base/error.h"
#include "engine/crypto/hash.h"
#include "engine/deflate/gunzip.h"
#include "engine/stream/adapters.h"
#include "engine/tar/tar_scan.h"
#include "engine/zstd/zstd_pass.h"

namespace backshelf {
namespace {

constexpr std::uint64_t kFirstLookBytes = 64 * kKiB;  // of the tar; HA's first entries have 3 KiB
constexpr std::size_t kFirstLookEntries = 16;

OpenOutcome failed(State state, std::string problem) {
  return {state, std::move(problem), nullptr};
}

// What needs no key to be known as unreadable.
std::optional<OpenOutcome> refuse_at_sight(const MemberFacts& facts) {
  const OuterMember& outer = facts.outer;
  const SealHeader& seal = facts.seal;
  if (outer.type != EntryType::kFile) return failed(State::kUnsupported, outer.remark);
  if (outer.head_lost && seal.format != SealFormat::kPlainTar) {
    return failed(State::kDamaged, outer.remark);
  }
  if (seal.format == SealFormat::kEmpty) {
    return failed(State::kTruncated,
                  outer.size == 0 ? "it is empty: its part failed when the backup was made"
                                  : "the archive ends before it; get a whole copy of this archive");
  }
  if (!seal.complete) {
    return failed(State::kTruncated,
                  "it ends inside its own header; get a whole copy of this archive");
  }
  if (seal.format == SealFormat::kUnsupported) {
    if (seal.version == 2 || seal.version == 3) {
      return failed(State::kDamaged,
                    "its header is damaged (reserved bytes are not zero); use another copy");
    }
    return failed(State::kUnsupported,
                  concat("it says it is SecureTar version ", seal.version,
                         ", which this program does not know, or its header is damaged"));
  }
  return std::nullopt;
}

// A writer that crashed leaves a v3 header without a size: everything that is there is taken, and
// its last, partial chunk counts as the place where it was cut.
SealHeader with_size(SealHeader seal, std::uint64_t member_bytes) {
  if (seal.format == SealFormat::kV3 && seal.plain_size == 0 && member_bytes > v3_sealed_size(0)) {
    const std::uint64_t whole =
        (member_bytes - kV3HeaderBytes) / (kV3ChunkBytes + kV3ChunkOverhead);
    seal.plain_size = (whole + 1) * kV3ChunkBytes;
  }
  return seal;
}

void worsen(OpenOutcome& outcome, State state, const std::string& problem) {
  if (outcome.state < state) outcome.state = state;
  if (outcome.problem.empty()) outcome.problem = problem;
}

// A stream may be finished though its size was never patched in: then what is there ends in a chunk
// that says so. Null: it does not.
std::shared_ptr<const UnsealedSource> unseal_finished(const MemberFacts& facts,
                                                      const std::shared_ptr<const OpenedKey>& key,
                                                      BlockCache& cache) {
  SealHeader seal = facts.seal;
  const std::uint64_t bytes = facts.bytes->size();
  if (seal.format != SealFormat::kV3 || seal.plain_size != 0 || bytes <= v3_sealed_size(0)) {
    return nullptr;
  }
  const auto plain_size = v3_plain_size(bytes);
  if (!plain_size) return nullptr;
  seal.plain_size = *plain_size;
  std::shared_ptr<const UnsealedSource> plain = unseal(facts.bytes, seal, key, cache);
  return plain->end_state() == UnsealedSource::End::kSound ? plain : nullptr;
}

void unseal_into(const MemberFacts& facts, ArchiveTools tools, OpenOutcome& outcome,
                 OpenedMember& opened) {
  const auto key = tools.keys.open(facts.seal, facts.start);
  std::shared_ptr<const UnsealedSource> plain = unseal_finished(facts, key, tools.cache);
  if (!plain) {
    plain = unseal(facts.bytes, with_size(facts.seal, facts.bytes->size()), key, tools.cache,
                   facts.hint);
  }
  opened.authenticated = plain->authenticated();
  opened.padded_v1 = facts.seal.format == SealFormat::kV1 && !facts.outer.securetar_pax_v2;
  if (plain->end_state() == UnsealedSource::End::kTruncated) {
    opened.cut = true;
    worsen(outcome, State::kTruncated, plain->end_problem());
  } else if (plain->end_state() == UnsealedSource::End::kDamaged) {
    worsen(outcome, State::kDamaged, plain->end_problem());
  } else if (!plain->end_problem().empty()) {
    worsen(outcome, State::kOk, plain->end_problem());
  }
  if (facts.seal.format == SealFormat::kV3) {
    opened.seal_digest = seal_header_digest(ByteView(facts.start).first(kV3HeaderBytes));
  }
  opened.sealed = plain;
  opened.plain = std::move(plain);
  if (tools.sidecars != nullptr) {
    opened.sidecar = std::make_shared<const Sidecar>(*tools.sidecars, facts.bytes, facts.seal,
                                                     opened.plain->size(), key);
  }
}

// By its bytes; by its name when a damaged chunk hides them. False: nothing that can be read.
bool find_compression(const MemberFacts& facts, OpenOutcome& outcome, OpenedMember& opened) {
  ByteVec start(kSniffBytes);
  try {
    start.resize(opened.plain->read_at(0, start));
  } catch (const Error& error) {  // isolation: damage of the first bytes is the member's state
    if (state_of(error.kind()) == State::kOk) throw;
    worsen(outcome, state_of(error.kind()), error.why());
    opened.zstd = facts.name.suffix == ".tar.zst";
    opened.gzip = !opened.zstd && facts.name.suffix != ".tar";
    return true;
  }
  const SealFormat format = sniff(start).format;
  opened.gzip = format == SealFormat::kPlainGzip;
  opened.zstd = format == SealFormat::kPlainZstd;
  if (opened.gzip || opened.zstd || format == SealFormat::kPlainTar) return true;
  if (start.empty()) {
    worsen(outcome, State::kTruncated, "it has no content at all");
  } else {
    outcome = failed(State::kDamaged,
                     "its key is right, but its content is neither gzip nor zstd nor tar");
  }
  return false;
}

std::unique_ptr<Source> tar_from_start(const OpenedMember& opened) {
  if (opened.zstd) return std::make_unique<ZstdPass>(opened.plain);
  if (!opened.gzip) return std::make_unique<Cursor>(*opened.plain);
  return std::make_unique<GunzipPass>(
      opened.plain, opened.padded_v1 ? GzipTrailer::kPaddedV1 : GzipTrailer::kNormal);
}

std::vector<Entry> look_at_first(const OpenedMember& opened) {
  std::vector<Entry> first;
  const TarVisit visit = [&](const Entry& entry, const BodyLocation&) {
    if (first.size() < kFirstLookEntries) first.push_back(entry);
  };
  const auto tar = tar_from_start(opened);
  LimitSource start(*tar, kFirstLookBytes);
  (void)scan_tar(start, visit);
  return first;
}

std::string explain(const MemberFacts& facts, const Error& error) {
  std::string text = error.why();
  if (facts.seal.format == SealFormat::kV1 && error.kind() == ErrorKind::kWrongKey) {
    text = concat("wrong key, or not a Home Assistant member: ", text);
  }
  return error.todo().empty() ? text : concat(text, " (", error.todo(), ")");
}

// A daemon's memory must not grow with the number of an archive's members.
std::uint64_t checkpoint_share(std::uint64_t member_bytes, std::uint64_t archive_bytes) {
  constexpr std::uint64_t kLeast = kMiB;
  if (archive_bytes == 0) return kLeast;
  const double share = static_cast<double>(member_bytes) / static_cast<double>(archive_bytes);
  return std::max(kLeast, static_cast<std::uint64_t>(share * kCheckpointBudget));
}

// The hint that names this member, as it is: re-encrypted or cut it is another one.
std::optional<TailHint> hint_for(const MemberFacts& facts, const std::vector<HintMember>& hints) {
  if (hints.empty() || facts.seal.format != SealFormat::kV3 || !facts.seal.complete) {
    return std::nullopt;
  }
  const Digest16 name = blake2b16(as_bytes(facts.outer.name));
  const Digest16 head = blake2b16(ByteView(facts.start).first(kV3HeaderBytes));
  for (const HintMember& hint : hints) {
    if (hint.name == name && hint.head == head && hint.size == facts.bytes->size()) {
      return TailHint{hint.first_chunk, hint.chain};
    }
  }
  return std::nullopt;
}

}  // namespace

State state_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kNeedsKey:
      return State::kNeedsKey;
    case ErrorKind::kWrongKey:
      return State::kWrongKey;
    case ErrorKind::kUnsupported:
      return State::kUnsupported;
    case ErrorKind::kTruncated:
      return State::kTruncated;
    case ErrorKind::kDamaged:
      return State::kDamaged;
    default:
      return State::kOk;
  }
}

ErrorKind kind_of(State state) {
  switch (state) {
    case State::kNeedsKey:
      return ErrorKind::kNeedsKey;
    case State::kWrongKey:
      return ErrorKind::kWrongKey;
    case State::kUnsupported:
      return ErrorKind::kUnsupported;
    case State::kTruncated:
      return ErrorKind::kTruncated;
    default:
      return ErrorKind::kDamaged;
  }
}

MemberFacts facts_of(std::shared_ptr<const RandomSource> archive, OuterMember outer, InnerName name,
                     const std::vector<HintMember>& hints) {
  MemberFacts facts;
  const std::uint64_t size = outer.type == EntryType::kFile ? outer.available : 0;
  facts.checkpoint_budget = checkpoint_share(size, archive->size());
  facts.bytes = std::make_shared<Slice>(std::move(archive), outer.data_offset, size);
  facts.outer = std::move(outer);
  facts.name = std::move(name);
  facts.start.resize(kSniffBytes);
  facts.start.resize(facts.bytes->read_at(0, facts.start));
  facts.seal = sniff(facts.start);
  facts.hint = hint_for(facts, hints);
  return facts;
}

std::optional<int> securetar_version(const SealHeader& seal) {
  switch (seal.format) {
    case SealFormat::kV1:
      return 1;
    case SealFormat::kV2:
      return 2;
    case SealFormat::kV3:
      return 3;
    case SealFormat::kUnsupported:
      return seal.version;
    default:
      return std::nullopt;
  }
}

OpenOutcome open_member(const MemberFacts& facts, ArchiveTools tools) {
  if (auto refused = refuse_at_sight(facts)) return std::move(*refused);
  OpenOutcome outcome;
  const auto opened = std::make_shared<OpenedMember>();
  opened->checkpoint_budget = facts.checkpoint_budget;
  opened->cut = facts.outer.unfinished;
  if (facts.outer.available < facts.outer.size) {
    opened->cut = true;
    worsen(outcome, State::kTruncated,
           "the archive ends inside it; get a whole copy of this archive");
  }
  if (facts.outer.head_lost) worsen(outcome, State::kDamaged, facts.outer.remark);
  try {
    if (securetar_version(facts.seal)) {
      unseal_into(facts, tools, outcome, *opened);
    } else {
      opened->plain = facts.bytes;
    }
    if (!find_compression(facts, outcome, *opened)) return outcome;
    opened->first = look_at_first(*opened);
  } catch (const Error& error) {  // isolation: one member that cannot be opened
    if (state_of(error.kind()) == State::kOk) throw;
    worsen(outcome, state_of(error.kind()), explain(facts, error));
    return outcome;
  }
  outcome.opened = opened;
  return outcome;
}

}  // namespace backshelf
