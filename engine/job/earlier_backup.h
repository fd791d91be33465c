// The backup whose compressed segments the next one takes over; part of engine/job only.
#pragma once

#include <memory>

#include "engine/job/jobs.h"

namespace backshelf {

struct EarlierBackup {
  std::shared_ptr<Archive> archive;         // keeps its bytes open while `content` is read
  std::unique_ptr<EarlierContent> content;  // null: there is no backup that can serve
};

// The newest one, in any location, that opens with our keys and whose segments are compressed at
// least as `level` asks. Never throws Error: without it a backup only takes longer.
[[nodiscard]] EarlierBackup find_earlier(const JobParts& parts, Level level, std::stop_token stop);

}  // namespace backshelf
