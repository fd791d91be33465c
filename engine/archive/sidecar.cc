#include "engine/archive/sidecar.h"

#include <algorithm>
#include <array>

#include "engine/base/error.h"
#include "engine/crypto/hash.h"
#include "engine/deflate/gunzip_index_bytes.h"
#include "engine/securetar/derive.h"
#include "engine/securetar/seal_sink.h"
#include "engine/securetar/unsealed_source.h"
#include "engine/stream/adapters.h"
#include "engine/zstd/zstd.h"

namespace backshelf {
namespace {

constexpr std::uint64_t kSidecarVersion = 1;  // of everything inside
constexpr std::uint64_t kFlagGzip = 1, kFlagAuthenticated = 2;
constexpr std::string_view kPerson("HASeekSidecar1\0", 16);
constexpr std::string_view kBindingPrefix = "Backshelf sidecar 1";
constexpr std::size_t kNameBytes = 16;              // of the binding, in a file's name
constexpr std::uint64_t kTailBytes = 64 * kKiB;     // of a member without MACs
constexpr std::size_t kMaxNamesBytes = 256 * kMiB;  // FILES and SPARSE; a million entries take 40
constexpr int kNamesLevel = 3;
constexpr std::uint64_t kReadCacheBytes = 4 * kMiB;
constexpr const char* kTask = "reading a sidecar";

struct Head {
  std::uint64_t version = kSidecarVersion, flags = 0, entries = 0;
  std::uint64_t files_bytes = 0, sparse_bytes = 0, frame_bytes = 0;
};
constexpr std::size_t kHeadBytes = 6 * sizeof(std::uint64_t);

ByteVec print_head(const Head& head) {
  ByteVec bytes(kHeadBytes);
  std::size_t at = 0;
  for (const std::uint64_t number : {head.version, head.flags, head.entries, head.files_bytes,
                                     head.sparse_bytes, head.frame_bytes}) {
    store_be64(ByteSpan(bytes).subspan(at), number);
    at += sizeof(number);
  }
  return bytes;
}

std::optional<Head> read_head(Source& in) {
  ByteVec bytes(kHeadBytes);
  if (read_full(in, bytes) < bytes.size()) return std::nullopt;
  std::array<std::uint64_t, 6> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = load_be64(ByteView(bytes).subspan(i * sizeof(std::uint64_t)));
  }
  const Head head{numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]};
  const bool fits = head.version == kSidecarVersion && head.files_bytes <= kMaxNamesBytes &&
                    head.sparse_bytes <= kMaxNamesBytes - head.files_bytes;
  if (!fits) return std::nullopt;
  return head;
}

std::optional<FileColumns::Sections> read_names(Source& in, const Head& head,
                                                std::uint64_t limit_bytes) {
  if (head.frame_bytes > limit_bytes) return std::nullopt;
  ByteVec frame(static_cast<std::size_t>(head.frame_bytes));
  if (read_full(in, frame) < frame.size()) return std::nullopt;
  const auto both = zstd_decompress(frame, kMaxNamesBytes);
  if (!both || both->size() != head.files_bytes + head.sparse_bytes) return std::nullopt;
  const auto middle = both->begin() + static_cast<std::ptrdiff_t>(head.files_bytes);
  FileColumns::Sections names;
  names.files.assign(both->begin(), middle);
  names.sparse.assign(middle, both->end());
  return names;
}

std::size_t header_bytes(SealFormat format) {
  switch (format) {
    case SealFormat::kV3:
      return kV3HeaderBytes;
    case SealFormat::kV2:
      return kV2HeaderBytes;
    default:
      return kV1HeaderBytes;
  }
}

void append(ByteVec& to, ByteView more) {
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace

std::optional<SidecarContent> read_sidecar_content(Source& in, std::uint64_t limit_bytes) {
  const auto head = read_head(in);
  if (!head) return std::nullopt;
  auto names = read_names(in, *head, limit_bytes);
  if (!names) return std::nullopt;
  SidecarContent content;
  content.authenticated = (head->flags & kFlagAuthenticated) != 0;
  content.entries = head->entries;
  content.names = std::move(*names);
  if ((head->flags & kFlagGzip) != 0) {
    content.gunzip = read_gunzip_index(in);
    if (!content.gunzip) return std::nullopt;
  }
  return content;
}

Sidecar::Sidecar(Sidecars& store, std::shared_ptr<const RandomSource> member,
                 const SealHeader& seal, std::uint64_t plain_size,
                 std::shared_ptr<const OpenedKey> key)
    : store_(store),
      member_(std::move(member)),
      format_(seal.format),
      plain_size_(plain_size),
      key_(std::move(key)) {}

// The last MAC of v3 depends on every chunk before it; of other formats the end is what a copy that
// was cut, or another backup, does not share.
Sidecar::Digest Sidecar::binding() const {
  const std::uint64_t size = member_->size();
  const std::uint64_t tail =
      std::min(size, format_ == SealFormat::kV3 ? std::uint64_t{kChunkMacBytes} : kTailBytes);
  std::array<std::byte, 2 * sizeof(std::uint64_t)> sizes{};
  store_be64(sizes, size);
  store_be64(ByteSpan(sizes).subspan(sizeof(std::uint64_t)), plain_size_);
  ByteVec bytes;
  append(bytes, as_bytes(kBindingPrefix));
  append(bytes, read_exactly(*member_, 0, header_bytes(format_), kTask));
  append(bytes, read_exactly(*member_, size - tail, static_cast<std::size_t>(tail), kTask));
  append(bytes, sizes);
  return sha256(bytes);
}

SecretBytes Sidecar::root_key() const {
  const std::array<std::byte, 16> no_salt{};  // the stream has its own
  return blake2b_subkey(key_->key.view(), no_salt, as_bytes(kPerson));
}

std::optional<SidecarContent> Sidecar::find() const {
  const Digest digest = binding();
  const std::string name = to_hex(ByteView(digest).first(kNameBytes));
  auto file = store_.find(name);
  if (!file) return std::nullopt;
  try {
    if (auto content = read(std::move(file), digest)) return content;
  } catch (const Error&) {  // isolation: it is made anew
  }
  store_.drop(name);
  return std::nullopt;
}

std::optional<SidecarContent> Sidecar::read(std::shared_ptr<const RandomSource> file,
                                            const Digest& binding) const {
  ByteVec start(kSniffBytes);
  start.resize(file->read_at(0, start));
  const SealHeader header = sniff(start);
  const std::uint64_t file_bytes = file->size();
  if (header.format != SealFormat::kV3 || !header.complete ||
      v3_plain_size(file_bytes) != header.plain_size) {
    return std::nullopt;
  }
  const auto key = std::make_shared<OpenedKey>();
  key->key = v3_stream_key(root_key().view(), header.derivation_salt);
  BlockCache cache(kReadCacheBytes);
  const auto plain = unseal(std::move(file), header, key, cache);
  if (plain->end_state() != UnsealedSource::End::kSound) return std::nullopt;

  Cursor in(*plain);
  Digest bound{};
  if (read_full(in, bound) < bound.size() || bound != binding) return std::nullopt;
  auto content = read_sidecar_content(in, file_bytes);
  if (in.offset() != plain->size()) return std::nullopt;
  return content;
}

void Sidecar::store(const SidecarContent& content) const {
  if (content.names.files.size() + content.names.sparse.size() > kMaxNamesBytes) return;
  const Digest digest = binding();
  store_.store(to_hex(ByteView(digest).first(kNameBytes)),
               [&](AtomicFile& file) { write(content, digest, file); });
}

void Sidecar::write(const SidecarContent& content, const Digest& binding, AtomicFile& file) const {
  const auto key = std::make_shared<SealKey>();
  key->secret = root_key();
  const auto sealed = seal(file, key);
  ByteVec both = content.names.files;
  append(both, content.names.sparse);
  const ByteVec frame = zstd_compress(both, kNamesLevel);
  Head head;
  head.flags = (content.gunzip ? kFlagGzip : 0) | (content.authenticated ? kFlagAuthenticated : 0);
  head.entries = content.entries;
  head.files_bytes = content.names.files.size();
  head.sparse_bytes = content.names.sparse.size();
  head.frame_bytes = frame.size();
  sealed->write(binding);
  sealed->write(print_head(head));
  sealed->write(frame);
  if (content.gunzip) write_gunzip_index(*content.gunzip->index, *sealed);
  file.patch(0, sealed->finish().header);
}

}  // namespace backshelf
