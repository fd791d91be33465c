// What a pass over a member, or its index, makes of its entries; part of engine/archive.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/archive/hard_links.h"
#include "engine/archive/member_scan.h"
#include "engine/tree/tree.h"

namespace backshelf {

// The entries that decide what a part's folder is, collected in tar order.
struct RootEntries {
  std::optional<Entry> root, data, core_json;
  bool data_is_first = true;  // no other top-level entry stands before "data" (Core, Container)

  void add(const Entry& entry);
};

// Whether the folder "data" of the part "config" is the configuration, or one of its folders.
// Format 2 (2022.02 on) keeps the configuration in "data"; format 1 is the configuration, which may
// have a folder "data" of its own. A homeassistant.json, or the metadata, tells them apart; Core's
// early backups have neither, and nothing but "data".
[[nodiscard]] bool data_is_config(bool has_core_json, std::optional<int> version, bool only_data);

// The tree of a member after its pass. Immutable; lives as long as the member.
struct MemberContent {
  std::shared_ptr<const RandomSource> tar;
  std::shared_ptr<const Tree> tree;
  NodeIndex root = kRootNode;          // what the part's folder shows: "data", or the tar's root
  std::optional<Entry> root_entry;     // as stored; none: implied by its content
  std::optional<NodeIndex> core_json;  // homeassistant.json beside `root`
  std::vector<std::string> left_out;   // entries that are not shown, and why
  std::map<NodeIndex, LinkAttributes> links;  // hard links that differ from their file
  std::uint64_t memory_bytes = 0;             // roughly: tree and checkpoints
  bool from_index = false;                    // the tar's own headers were not read
};

// With the path as our writer spells it: a tar's directories end in '/'.
[[nodiscard]] Entry in_one_spelling(Entry entry);

// One thread at a time.
class ContentBuilder {
 public:
  void add(const Entry& entry, const BodyLocation& body);
  // `is_config`: the part is the configuration. `version`: of the metadata. Exactly once.
  [[nodiscard]] std::shared_ptr<MemberContent> build(const ScanOutcome& scanned, bool is_config,
                                                     std::optional<int> version);

 private:
  TreeBuilder tree_;
  RootEntries roots_;
  HardLinks links_;
};

}  // namespace backshelf
