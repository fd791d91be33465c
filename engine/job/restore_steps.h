// From a home as it is and new content as it lies there: what has to change places.
#pragma once

#include "engine/job/restore_journal.h"
#include "engine/job/restore_keep.h"

namespace backshelf {

// Appends what folder number `folder` of the journal needs, and makes in its holder the places
// where the old content goes. A folder in which something stays, or that must not be renamed
// (`holder` lies in it), is from then on not `whole`. Throws Error: kExists when the backup has a
// file where the home has a folder in which something must stay; and as list_directory().
void plan_exchange(RestoreJournal& journal, std::size_t folder, const KeepRules& rules);

}  // namespace backshelf
