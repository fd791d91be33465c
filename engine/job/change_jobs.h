// Commands that are done at once: delete, undelete, pin, unpin.
#pragma once

#include <string>

#include "engine/job/job_board.h"

namespace backshelf {

// Each does what it can, and returns a line for a person. Throws the error of the only backup; of
// several, the first error when all failed, else kPartial naming those that did.
[[nodiscard]] std::string delete_backups(const JobParts& parts, JobBoard& board,
                                         const DeleteCommand& command);
[[nodiscard]] std::string undelete_backups(const JobParts& parts, const UndeleteCommand& command);
[[nodiscard]] std::string pin_backups(const JobParts& parts, const PinCommand& command);

}  // namespace backshelf
