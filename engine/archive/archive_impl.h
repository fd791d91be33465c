// The one implementation of Archive; part of engine/archive.
#pragma once

#include <atomic>

#include "engine/archive/archive.h"
#include "engine/archive/limited_keys.h"
#include "engine/archive/member.h"
#include "engine/archive/tail_index.h"

namespace backshelf {

// What stands in the outer tar beside the parts, read once when the archive is opened. Immutable.
struct ArchiveFacts {
  std::shared_ptr<const RandomSource> bytes;
  std::string file_name;
  OuterTable table;
  std::string metadata_name;  // "backup.json" or "snapshot.json"; empty when absent
  Timestamp metadata_mtime;
  ByteVec metadata_bytes;
  std::optional<Metadata> metadata;
  State state = State::kOk;           // of the archive itself, without its members
  std::vector<std::string> problems;  // likewise
  std::vector<HintMember> hints;      // where the tails of encrypted members can be opened
  bool is_bare = false;               // the file is one member, without an outer tar
};

// Reads table and metadata. Throws Error(kIo).
[[nodiscard]] ArchiveFacts read_facts(std::shared_ptr<const RandomSource> bytes,
                                      std::string file_name);

class ArchiveImpl final : public Archive {
 public:
  ArchiveImpl(ArchiveFacts facts, ArchiveTools tools);

  [[nodiscard]] std::uint64_t size() const override { return facts_.bytes->size(); }
  [[nodiscard]] const OuterTable& outer() const override { return facts_.table; }
  [[nodiscard]] const Metadata* metadata() const override;
  [[nodiscard]] ByteView metadata_bytes() const override { return facts_.metadata_bytes; }
  [[nodiscard]] bool is_protected() const override;
  [[nodiscard]] std::uint64_t memory_bytes() const override;
  [[nodiscard]] State state() const override;
  [[nodiscard]] std::string problem() const override;
  [[nodiscard]] std::vector<MemberInfo> members() const override;
  [[nodiscard]] std::optional<PassProgress> opening() const override;
  void check(std::stop_token stop) override;
  void verify(const OnPass& on_pass, std::stop_token stop) override;
  [[nodiscard]] std::unique_ptr<EarlierContent> segments_for(Level level) override;
  ExportReport export_to(const ExportPlan& plan, const ExportTarget& target, const OnPass& on_pass,
                         std::stop_token stop) override;
  RepairReport repair_to(const RepairPlan& plan, const ExportTarget& target, const OnPass& on_pass,
                         std::stop_token stop) override;

  [[nodiscard]] FolderAttr attr(FolderId id, std::stop_token stop) override;
  [[nodiscard]] std::optional<FolderAttr> find_child(FolderId directory, std::string_view name,
                                                     std::stop_token stop) override;
  [[nodiscard]] std::optional<FolderAttr> find(const RelPath& path, std::stop_token stop) override;
  [[nodiscard]] std::uint32_t child_count(FolderId directory, std::stop_token stop) override;
  [[nodiscard]] FolderChild child(FolderId directory, std::uint32_t position) override;
  [[nodiscard]] std::string link_target(FolderId id) override;
  [[nodiscard]] std::optional<FolderAttr> follow(FolderId link, std::stop_token stop) override;
  [[nodiscard]] std::size_t read(FolderId file, std::uint64_t offset, ByteSpan out,
                                 std::stop_token stop) override;

 private:
  // Nodes of slot 0.
  enum Own : NodeIndex { kTop, kMetadataFile, kProblemFile, kApps, kCoreJson };
  struct OwnChild {
    std::string_view name;  // lives as long as the archive
    FolderId id;
  };
  enum class Check { kNone, kRunning, kDone };

  [[nodiscard]] std::vector<std::string> problems() const;
  [[nodiscard]] bool is_mixed() const;
  [[nodiscard]] bool has_sound_frame() const;
  [[noreturn]] void refuse_mixed() const;
  [[nodiscard]] std::string problem_text() const;
  void judge_siblings();

  [[nodiscard]] std::vector<OwnChild> own_children(NodeIndex directory) const;
  [[nodiscard]] FolderAttr own_attr(NodeIndex node) const;
  [[nodiscard]] FolderAttr part_attr(std::uint32_t slot) const;
  [[nodiscard]] FolderAttr node_attr(std::uint32_t slot, const Member::Content& at,
                                     const NodeView& view) const;
  [[nodiscard]] std::optional<FolderAttr> core_json_attr() const;
  [[nodiscard]] Member* core_member() const;
  [[nodiscard]] Member& member(std::uint32_t slot) const;
  // The content of the slot's member and the node of its tree that `id` means.
  struct Place {
    const Member::Content& content;
    NodeIndex node;
  };
  [[nodiscard]] Place place(FolderId id, std::stop_token stop) const;
  // archive_follow.cc
  [[nodiscard]] std::vector<FolderId> folders_above(FolderId id, std::stop_token stop) const;
  [[nodiscard]] std::optional<FolderAttr> walk(std::vector<FolderId>& folders,
                                               std::vector<std::string>& steps,
                                               const std::stop_token& stop);

  const ArchiveFacts facts_;
  LimitedKeys keys_;  // the members borrow it
  std::vector<std::unique_ptr<Member>> members_;
  std::vector<std::string> part_names_;  // of the members' directories, in their order
  std::vector<std::string> missing_;
  Guarded<Check> check_;
  std::atomic<bool> checked_ = false;  // check_ is kDone: every look inside asks
};

}  // namespace backshelf
