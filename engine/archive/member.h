// One inner member over its life: opened once, passed over once, then read; part of engine/archive.
#pragma once

#include <atomic>

#include "engine/archive/member_content.h"
#include "engine/archive/member_index.h"
#include "engine/archive/member_open.h"
#include "engine/archive/part_names.h"
#include "engine/base/guarded.h"

namespace backshelf {

// Thread-safe.
class Member {
 public:
  using Content = MemberContent;

  // `metadata_version`: of backup.json; none when it is absent or unusable.
  Member(MemberFacts facts, PlacedPart place, std::optional<int> metadata_version,
         ArchiveTools tools);
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  [[nodiscard]] const MemberFacts& facts() const { return facts_; }
  [[nodiscard]] const PlacedPart& place() const { return place_; }
  [[nodiscard]] MemberInfo info() const;
  [[nodiscard]] std::vector<std::string> left_out() const;

  // Finds the key and looks at the end. REQUIRES: one thread at a time. Throws Error(kIo) only.
  void open();
  [[nodiscard]] std::shared_ptr<const OpenedMember> opened() const;  // null: open() did not
  // Replaces a finding by a better one (a key that fits the siblings is not wrong).
  void judge(State state, std::string problem);
  // Whether its folder is shown: not when its key or format is unknown.
  [[nodiscard]] bool is_shown() const;
  // Of what opening already showed, or of the content when that is known.
  [[nodiscard]] std::optional<Entry> root_entry() const;
  [[nodiscard]] std::optional<Entry> core_json_entry() const;

  // Makes the pass when nobody did; waits when somebody does. Throws Error: kInterrupted, kIo, or
  // why nothing of the member can be read.
  [[nodiscard]] const Content& content(std::stop_token stop);
  [[nodiscard]] const Content* content_if_known() const;
  // How many of its bytes the pass that runs now has read; none: no pass runs.
  [[nodiscard]] std::optional<std::uint64_t> passed_bytes() const;
  // Throws kDamaged, kTruncated, kIo; what it finds becomes the state.
  [[nodiscard]] std::size_t read(NodeIndex node, std::uint64_t offset, ByteSpan out,
                                 std::stop_token stop);
  // Reads every byte anew, past all caches; the findings become the state.
  void verify(const OnRead& on_read, std::stop_token stop);

 private:
  struct Status {
    State state = State::kUnchecked;
    std::string problem;
    bool gzip = false, zstd = false;
    bool authenticated = false;
    bool shown = true;
    std::shared_ptr<const OpenedMember> opened;
    bool passing = false;
    std::shared_ptr<const Content> content;
    std::optional<Error> failure;  // of the pass
  };
  void take(const OpenOutcome& outcome);
  void pass(const std::shared_ptr<const OpenedMember>& opened, std::stop_token stop);
  void publish(const ScanOutcome& scanned, std::shared_ptr<const Content> content);
  [[nodiscard]] ScanOutcome scan_into(ContentBuilder& builder, const OpenedMember& opened,
                                      std::stop_token stop);
  struct Body {
    const Content& content;
    NodeIndex node;
  };
  // Where the file's bytes are: as the index says, when the tar's own headers agree.
  [[nodiscard]] Body body_of(const Content& known, const NodeView& view, std::stop_token stop);
  [[nodiscard]] const Content& content_without_index(std::stop_token stop);
  [[nodiscard]] Error dead(State state, const std::string& problem) const;

  const MemberFacts facts_;
  const PlacedPart place_;
  const std::optional<int> metadata_version_;
  const ArchiveTools tools_;
  Guarded<Status> status_;
  HeaderCheck headers_;
  // Made when the tar's headers say something else than its index: what a pass found. Held locked
  // through that pass, which no sound archive comes to.
  Guarded<std::shared_ptr<const Content>> by_pass_;
  std::atomic<std::uint64_t> passed_ = 0;
  std::atomic<const Content*> known_ = nullptr;  // status_.content, for every read without a lock
};

}  // namespace backshelf
