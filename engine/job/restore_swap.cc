#include "engine/job/restore_swap.h"

#include <unistd.h>

#include <cerrno>

#include "engine/base/error.h"
#include "engine/disk/exchange.h"
#include "engine/disk/file.h"
#include "engine/disk/mount_table.h"
#include "engine/disk/remove_tree.h"

namespace backshelf {
namespace {

constexpr mode_t kMissingParentMode = 0755;
constexpr const char* kWrittenMeanwhile = ".written-meanwhile";

bool is_there(const std::string& path) {
  return find_status(path).has_value();
}

std::string below(const std::string& folder, const std::string& path) {
  return path.empty() ? folder : concat(folder, "/", path);
}

// A daemon's umask is no reason to shut others out of the home.
void make_parent(const std::string& path) {
  if (path.size() < 2 || is_there(path)) return;
  make_parent(parent_directory(path));
  make_directories(path, kMissingParentMode);
  if (::chmod(path.c_str(), kMissingParentMode) != 0) {
    throw error_from_errno(errno, concat("setting the mode of ", path));
  }
}

class Swap {
 public:
  Swap(const RestoreJournal& journal, const OnSwap& on_swap)
      : journal_(journal), on_swap_(on_swap) {}

  void forward() const {
    for (const RestoredFolder& folder : journal_.folders) {
      if (folder.whole) whole_forward(folder);
    }
    for (const RestoreStep& step : journal_.steps) step_forward(step);
  }

  void back() const {
    for (auto step = journal_.steps.rbegin(); step != journal_.steps.rend(); ++step) {
      step_back(*step);
    }
    for (const RestoredAttributes& one : journal_.attributes) {
      const std::string path = below(journal_.folders[one.folder].directory, one.path);
      if (is_there(path)) set_directory_attributes(path, one.before);
    }
    for (const RestoredFolder& folder : journal_.folders) {
      if (!folder.whole) continue;
      whole_back(folder);
      remove_made_parents(folder);
    }
  }

 private:
  void rename(const std::string& from, const std::string& to) const {
    if (on_swap_) on_swap_();
    rename_to_free(from, to);
  }
  bool exchange(const std::string& a, const std::string& b) const {
    if (on_swap_) on_swap_();
    return exchange_paths(a, b);
  }
  bool is_new(const RestoredFolder& folder) const {
    return is_there(concat(folder.directory, "/", journal_.mark()));
  }

  // Something started after a crash and wrote a file where one was just missing; it goes with what
  // is thrown away.
  void make_way(const std::string& place, const std::string& aside) const {
    if (is_there(place)) rename(place, concat(aside, kWrittenMeanwhile));
  }

  void whole_forward(const RestoredFolder& folder) const {
    if (is_new(folder)) return;
    const bool old_lies_aside = is_there(folder.old_path());
    if (old_lies_aside) {
      make_way(folder.directory, folder.old_path());
    } else if (is_there(folder.directory)) {
      if (exchange(folder.directory, folder.new_path())) return;
      rename(folder.directory, folder.old_path());
    }
    make_parent(parent_directory(folder.directory));
    rename(folder.new_path(), folder.directory);
  }

  void whole_back(const RestoredFolder& folder) const {
    const bool old_lies_aside = is_there(folder.old_path());
    if (is_new(folder)) {
      const bool exchanged = is_there(folder.new_path());
      if (exchanged) {
        (void)exchange(folder.directory, folder.new_path());
        return;
      }
      rename(folder.directory, folder.new_path());
    }
    if (!old_lies_aside) return;
    make_way(folder.directory, folder.new_path());
    rename(folder.old_path(), folder.directory);
  }

  // The holder lies where the first folder was that there was before.
  void remove_made_parents(const RestoredFolder& folder) const {
    if (is_there(folder.directory)) return;
    const std::string first = parent_directory(folder.holder);
    for (std::string path = parent_directory(folder.directory);
         path.size() > first.size() && ::rmdir(path.c_str()) == 0;) {
      path = parent_directory(path);
    }
  }

  // Where the two lie tells what was done: what did not come yet waits in the new folder, and what
  // went lies in the old one.
  struct Places {
    std::string home, old_one, new_one;
  };
  [[nodiscard]] Places places_of(const RestoreStep& step) const {
    const RestoredFolder& folder = journal_.folders[step.folder];
    return {below(folder.directory, step.path), below(folder.old_path(), step.path),
            below(folder.new_path(), step.path)};
  }
  void step_forward(const RestoreStep& step) const {
    const Places at = places_of(step);
    const bool came = step.has_new && !is_there(at.new_one);
    if (came) return;
    if (step.had_old && !is_there(at.old_one) && is_there(at.home)) rename(at.home, at.old_one);
    if (!step.has_new) return;
    make_way(at.home, at.old_one);
    rename(at.new_one, at.home);
  }

  void step_back(const RestoreStep& step) const {
    const Places at = places_of(step);
    const bool came = step.has_new && !is_there(at.new_one);
    if (came && is_there(at.home)) rename(at.home, at.new_one);
    if (!step.had_old || !is_there(at.old_one)) return;
    make_way(at.home, at.new_one);
    rename(at.old_one, at.home);
  }

  const RestoreJournal& journal_;
  const OnSwap& on_swap_;
};

void settle_whole(const RestoredFolder& folder, const std::string& mark) {
  if (!is_there(folder.directory)) return;  // somebody took it away since
  const std::string path = concat(folder.directory, "/", mark);
  if (::unlink(path.c_str()) != 0 && errno == EACCES) {
    TreeAttributes open = folder.attributes;
    open.mode |= S_IRWXU;
    set_directory_attributes(folder.directory, open);
    (void)::unlink(path.c_str());
  }
  set_directory_attributes(folder.directory, folder.attributes);
}

}  // namespace

void exchange_forward(const RestoreJournal& journal, const OnSwap& on_swap) {
  Swap(journal, on_swap).forward();
}

void exchange_back(const RestoreJournal& journal, const OnSwap& on_swap) {
  Swap(journal, on_swap).back();
}

void settle_new_folders(const RestoreJournal& journal) {
  for (const RestoredFolder& folder : journal.folders) {
    if (folder.whole) settle_whole(folder, journal.mark());
  }
  for (const RestoredAttributes& one : journal.attributes) {
    const std::string path = below(journal.folders[one.folder].directory, one.path);
    if (is_there(path)) set_directory_attributes(path, one.after);
  }
}

void sync_folders(const RestoreJournal& journal) {
  for (const std::string& holder : journal.holders()) {
    if (is_there(holder)) sync_file_system(holder);
  }
}

void remove_holders(const RestoreJournal& journal) {
  for (const std::string& holder : journal.holders()) remove_tree(holder);
  if (journal.phase != RestoreJournal::Phase::kDone) return;
  for (const RestoredAttributes& one : journal.attributes) {
    const RestoredFolder& folder = journal.folders[one.folder];
    const bool held = one.path.empty() && parent_directory(folder.holder) == folder.directory;
    if (held && is_there(folder.directory)) {
      set_directory_attributes(folder.directory, one.after);
    }
  }
}

}  // namespace backshelf
