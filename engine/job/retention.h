// Which automatic backups of one location stay and which go: a pure function over what is known of
// them.
#pragma once

#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/config/config.h"

namespace backshelf {

// 0: the rule is not used. A backup stays if any rule keeps it; with no rule at all everything
// stays. Days, ISO weeks, months and years are those of the machine's time zone.
struct RetentionRules {
  int copies = 0;  // the newest so many
  int days = 0;    // those at most so many times 24 h older than the newest
  int daily = 0;   // the newest of each of the last so many days that hold one; likewise:
  int weekly = 0, monthly = 0, yearly = 0;
};
[[nodiscard]] RetentionRules rules_for(const Config& config, const std::string& location);

struct RetentionItem {
  std::string folder;
  Instant when;            // that counts, whatever order the names or dates have as text
  bool automatic = false;  // only these may ever go
  bool uploaded = false, pinned = false;
  bool good = false;      // every byte was found sound
  bool protects = false;  // the last good one of the shelf
};

struct RetentionVerdict {
  std::string folder;
  bool stays = true;
  std::string reason;
};

struct Retention {
  std::vector<RetentionVerdict> verdicts;  // of every item, newest first
  std::string halted;  // why nothing goes although the rules are not asked; empty: they were
};

// Rules count good backups alone, and what they would keep if all counted stays too: a bad backup
// takes no good one's place. Nothing goes unless the newest automatic one is good; one dated more
// than a day ahead of `now` stays and counts for nothing.
[[nodiscard]] Retention judge(std::vector<RetentionItem> items, const RetentionRules& rules,
                              Instant now);

// Whether a backup of this date can be believed to be made already.
[[nodiscard]] bool is_real_date(Instant when, Instant now);

}  // namespace backshelf
