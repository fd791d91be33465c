// What a member's own index spares: the pass before reading, and half of the way of a verification.
// Part of engine/archive.
#pragma once

#include <vector>

#include "engine/archive/member_content.h"
#include "engine/archive/tail_index.h"

namespace backshelf {

// From the index at the member's end; nullopt: it has none that holds, and what was visited before
// is to be dropped. Throws Error(kIo).
[[nodiscard]] std::optional<ScanOutcome> scan_index(const OpenedMember& opened,
                                                    const ArchiveTools& tools,
                                                    const TarVisit& visit);

// Reads and proves every byte of the member on all cores, and holds the index against the tar.
// True: nothing is wrong. False: there is no index, or something is wrong; the long way tells what.
// Throws Error(kIo, kInterrupted).
[[nodiscard]] bool is_sound_by_index(const OpenedMember& opened, const ArchiveTools& tools,
                                     const OnRead& on_read, std::stop_token stop);

// Holds what the index says of a file against the tar's own headers, once for each. Thread-safe.
class HeaderCheck {
 public:
  // Throws what reading the tar throws. REQUIRES: the node is a file that has a body.
  [[nodiscard]] bool holds(const MemberContent& content, NodeIndex node);

 private:
  Guarded<std::vector<bool>> proved_;
};

}  // namespace backshelf
