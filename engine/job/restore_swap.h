// The exchange of old and new content by a journal, forwards or back. Each call may follow a crash
// at any moment of the same or the other one: what was already done is seen on the disk.
#pragma once

#include <functional>
#include <string>

#include "engine/job/restore_journal.h"

namespace backshelf {

// Called before every change to the home; tests end the process there.
using OnSwap = std::function<void()>;

// All of the home's folders become new. Throws Error (of a rename: kBusy, kAccess, kIo …).
void exchange_forward(const RestoreJournal& journal, const OnSwap& on_swap = {});
// All of them become old again, with the times their folders had.
void exchange_back(const RestoreJournal& journal, const OnSwap& on_swap = {});
// After exchange_forward: takes the marks away, and gives the folders their attributes.
void settle_new_folders(const RestoreJournal& journal);
// On disk, whatever was done so far.
void sync_folders(const RestoreJournal& journal);
// The holders and all they hold; a folder that had one in it gets its time again when it is new.
void remove_holders(const RestoreJournal& journal);

}  // namespace backshelf
