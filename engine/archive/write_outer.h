// The outer tar of one archive being written; part of engine/archive only.
//
//   header 1536 | sealed or plain member | 0 … 511 zeros     per part; header patched at the end
//   header  512 | .seek.v1               | 0 … 511 zeros     when members are sealed in chunks
//   header  512 | ./backup.json          | 0 … 511 zeros     last: without it this is no backup
//   1024 zeros  | zeros to a multiple of 10240
//
// Facts: securetar 2026.4.1 and Supervisor 2026.08, which write the same bytes in the same order.
#pragma once

#include <memory>
#include <string>

#include "engine/archive/tail_index.h"
#include "engine/archive/write_backup.h"
#include "engine/securetar/seal_sink.h"

namespace backshelf {

// Home Assistant finds no other spelling …
inline constexpr const char* kMetadataName = "./backup.json";
// … so that it does not take for a backup what it cannot restore: parts in zstd. `version` says so
// once more.
inline constexpr const char* kHiddenMetadataName = "backup.json";
inline constexpr int kZstdMetadataVersion = 3;

// What was written of one part, for the index at its end.
struct PartIndex {
  // Of a tar that was packed at this level.
  explicit PartIndex(Level level);
  PartIndex(IndexFacts as_before, std::vector<Segment> table, FileColumns::Sections entries)
      : facts(as_before), segments(std::move(table)), files(std::move(entries)) {}

  IndexFacts facts;  // main_bytes is filled in by the writer of the member
  std::vector<Segment> segments;
  FileColumns::Sections files;
};

// Whether segments of this level are hashed: that costs half as much as the fast level itself,
// whose segments are not worth finding again.
[[nodiscard]] bool has_hashes(Level level);

// One thread at a time. Errors are the object's.
class OuterWriter final : public Sink {
 public:
  // `group` is borrowed. `mtime` is that of every member.
  OuterWriter(SealGroup& group, Timestamp mtime);

  void begin_member(const std::string& name);
  void write(ByteView bytes) override;  // of the member begun
  void end_member(const PartIndex& index);
  void end_member();  // of one that brings no index
  // Exactly once, after the last member. `metadata_name`: one of the two above.
  void finish(const std::string& metadata, const char* metadata_name = kMetadataName);

 private:
  void write_index(const PartIndex& index);
  void close_member(std::optional<std::uint64_t> first_index_byte);
  void note_hint(const SealSink::Sealed& sealed, std::uint64_t first_index_byte);
  void write_plain_member(const char* name, ByteView content);
  void pad(std::uint64_t multiple);

  SealGroup& group_;
  const Timestamp mtime_;
  std::string member_;
  std::uint64_t header_offset_ = 0;
  std::uint64_t plain_bytes_ = 0;  // of the member
  std::unique_ptr<SealSink> seal_;
  std::vector<HintMember> hints_;
};

}  // namespace backshelf
