#include "fs/listing_habits.h"

namespace backshelf {

bool ListingHabits::opens(pid_t pid, std::uint32_t entries) {
  return habits_.with([&](std::map<pid_t, Habit>& habits) {
    if (habits.size() >= kMaxKnown && !habits.contains(pid)) habits.clear();
    Habit& habit = habits[pid];
    if (habit.wants_attributes) return false;
    if (habit.folders < kTriedAfter) {
      ++habit.folders;
      return false;
    }
    if (!habit.names_given && entries > kTriedEntries) return false;
    habit.names_given = true;
    return true;
  });
}

void ListingHabits::asks_for_file(pid_t pid) {
  habits_.with([&](std::map<pid_t, Habit>& habits) {
    const auto habit = habits.find(pid);
    if (habit != habits.end() && habit->second.names_given) habit->second.wants_attributes = true;
  });
}

}  // namespace backshelf
