// One archive, opened for reading: what it holds, what state each member is in, and its content as
// the folder users see. Opening goes one way: outer table → metadata → sniff (Archive::open) → keys
// (check) → pass and tree (first look inside).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/archive/earlier_content.h"
#include "engine/archive/metadata.h"
#include "engine/archive/outer_table.h"
#include "engine/archive/state.h"
#include "engine/deflate/packer.h"
#include "engine/securetar/key_source.h"
#include "engine/stream/block_cache.h"
#include "engine/stream/worker_pool.h"
#include "engine/tree/tree.h"

namespace backshelf {

class Sidecars;
struct ExportPlan;
struct ExportReport;
struct ExportTarget;
struct RepairPlan;
struct RepairReport;

struct MemberInfo {
  std::string member;  // name in the outer tar without "./": "core_ssh.tar.gz"
  std::string folder;  // where it appears: "config", "apps/core_ssh", "supervisor"
  std::uint64_t size = 0;
  std::optional<int> securetar;  // 1, 2, 3; none: not encrypted. By the bytes.
  bool gzip = false;
  bool zstd = false;
  bool authenticated = false;  // SecureTar v3, or a gzip or zstd whose checksums were checked
  bool indexed = false;        // it is read by its own index; known once somebody looked inside
  State state = State::kUnchecked;
  std::string problem;  // empty when none: one sentence, what and what to do
  bool in_metadata =
      true;  // false: HA's metadata does not list it (supervisor, a failed app's relic)
};

// A node of the folder. slot 0: what the folder itself has (see Folder::kOwn…); slot n > 0: node of
// the tree of member n - 1.
struct FolderId {
  std::uint32_t slot = 0;
  NodeIndex node = 0;
  friend bool operator==(const FolderId&, const FolderId&) = default;
};

struct FolderAttr {
  FolderId id;
  EntryType type = EntryType::kFile;
  std::uint32_t mode = 0;  // as stored, less setuid, setgid, sticky; generated ones: 0750, 0640
  std::int64_t uid = 0, gid = 0;
  bool generated = false;  // ours, not from the archive: owner is the mount's
  Timestamp mtime;
  std::uint64_t size = 0;
  std::uint32_t link_count = 1;
  std::uint64_t content_key =
      0;  // equal for all hard links of one file: (slot << 32) | content node
};

struct FolderChild {
  std::string_view name;
  FolderAttr attr;
};

// Everything an archive needs from outside; all borrowed, all thread-safe, living longer than the
// archive.
struct ArchiveTools {
  KeySource& keys;
  BlockCache& cache;
  WorkerPool* pool = nullptr;    // null: one thread does everything
  Sidecars* sidecars = nullptr;  // null: what a pass found is not kept
};

// How far a long pass or verification is. Called now and then, from the thread that does the work.
struct PassProgress {
  std::string_view member;
  std::uint64_t done_bytes = 0, total_bytes = 0;
};
using OnPass = std::function<void(const PassProgress&)>;

// Thread-safe. Reading never changes what was once shown.
class Archive {
 public:
  static constexpr FolderId kRoot{0, 0};

  // Reads outer headers and metadata, sniffs each member; needs no key and never fails for what the
  // bytes say: see state(). Throws Error(kIo). `file_name`: for messages.
  [[nodiscard]] static std::shared_ptr<Archive> open(std::shared_ptr<const RandomSource> bytes,
                                                     std::string file_name, ArchiveTools tools);
  virtual ~Archive() = default;

  [[nodiscard]] virtual std::uint64_t size() const = 0;
  [[nodiscard]] virtual const OuterTable& outer() const = 0;
  [[nodiscard]] virtual const Metadata* metadata() const = 0;  // null: absent or unusable
  [[nodiscard]] virtual ByteView metadata_bytes() const = 0;   // as stored; empty when absent
  [[nodiscard]] virtual bool is_protected() const = 0;  // any member is encrypted, by the bytes
  // What looking inside made it hold in memory, roughly; grows with every member that was read.
  [[nodiscard]] virtual std::uint64_t memory_bytes() const = 0;
  // Worst of the members as known now, or of the archive itself.
  [[nodiscard]] virtual State state() const = 0;
  [[nodiscard]] virtual std::string problem() const = 0;  // empty when none
  [[nodiscard]] virtual std::vector<MemberInfo> members() const = 0;

  // Opens every member's key and looks at its end (Argon2id once per root salt). Idempotent,
  // single-flight. Interruptible between members.
  virtual void check(std::stop_token stop = {}) = 0;
  // Reads every byte of every member: MACs, gzip CRC, tar structure. Its findings become the
  // states. Interruptible.
  virtual void verify(const OnPass& on_pass, std::stop_token stop) = 0;

  // The compressed segments of its members that a new backup at `level` may take over; null: none.
  // Needs keys: check() comes first. It keeps the archive's bytes open.
  [[nodiscard]] virtual std::unique_ptr<EarlierContent> segments_for(Level level) = 0;
  // Verifies the whole, then writes a new archive of it; commits nothing. Throws Error: why it is
  // not sound, kBadMetadata, kNeedsKey, kUsage (also: only some members are encrypted),
  // kInterrupted, and what the object throws.
  virtual ExportReport export_to(const ExportPlan& plan, const ExportTarget& target,
                                 const OnPass& on_pass, std::stop_token stop) = 0;
  // Verifies the whole, then writes what is sound or can be saved as a new archive; commits
  // nothing. Parts that are sound are copied byte for byte, others are packed anew from the entries
  // that are whole. Throws Error: kNotABackup, kNeedsKey, kWrongKey, kUnsupported, kDamaged
  // (nothing can be saved), kInterrupted, and what the object throws.
  virtual RepairReport repair_to(const RepairPlan& plan, const ExportTarget& target,
                                 const OnPass& on_pass, std::stop_token stop) = 0;
  // The first pass that somebody makes just now; never waits for it. The name lives as long as the
  // archive.
  [[nodiscard]] virtual std::optional<PassProgress> opening() const { return std::nullopt; }

  // The folder. The first look inside a member makes its pass (single-flight, waiting is
  // interruptible → kInterrupted). Own nodes of slot 0: backup.json, PROBLEM.txt (while problem()
  // is not empty), "apps", one directory per part, homeassistant.json. Members whose opening fails
  // (key, unsupported) are absent; a member whose pass fails entirely throws its Error from
  // list()/find().
  [[nodiscard]] virtual FolderAttr attr(FolderId id, std::stop_token stop = {}) = 0;
  [[nodiscard]] virtual std::optional<FolderAttr> find_child(FolderId directory,
                                                             std::string_view name,
                                                             std::stop_token stop = {}) = 0;
  [[nodiscard]] virtual std::optional<FolderAttr> find(const RelPath& path,
                                                       std::stop_token stop = {}) = 0;
  [[nodiscard]] virtual std::uint32_t child_count(FolderId directory,
                                                  std::stop_token stop = {}) = 0;
  // REQUIRES: position < child_count. The name lives as long as the archive.
  [[nodiscard]] virtual FolderChild child(FolderId directory, std::uint32_t position) = 0;
  [[nodiscard]] virtual std::string link_target(FolderId id) = 0;
  // The file that a symbolic link leads to, through other links too; an absolute target begins at
  // this folder ("/config/x" is its config/x). nullopt: none of this backup. It may look into other
  // parts; throws as find_child().
  [[nodiscard]] virtual std::optional<FolderAttr> follow(FolderId /*link*/,
                                                         std::stop_token /*stop*/ = {}) {
    return std::nullopt;
  }
  // Short only at the file's end; throws kDamaged, kTruncated, kIo.
  [[nodiscard]] virtual std::size_t read(FolderId file, std::uint64_t offset, ByteSpan out,
                                         std::stop_token stop = {}) = 0;
};

}  // namespace backshelf
