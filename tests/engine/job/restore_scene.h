// A home in the middle of a restore, whole and small.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <map>

#include "engine/disk/file.h"
#include "engine/job/restore_steps.h"
#include "engine/job/restore_swap.h"
#include "tests/support/temp_directory.h"

namespace backshelf {

using FileMap = std::map<std::string, std::string>;  // path -> content, or "/" for a folder

inline FileMap tree_below(const std::string& root) {
  FileMap tree;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const std::string path = std::filesystem::relative(entry.path(), root).string();
    if (entry.is_directory()) {
      tree[path] = "/";
    } else {
      std::ifstream file(entry.path(), std::ios::binary);
      tree[path] = std::string(std::istreambuf_iterator<char>(file), {});
    }
  }
  return tree;
}

// A home with two folders, the new content of both, and a third folder that is only coming. In
// `config` something stays, so it is exchanged entry by entry.
class SwapTest : public testing::Test {
 protected:
  struct Scene {
    TempDirectory disk;
    RestoreJournal journal;
    [[nodiscard]] std::string home() const { return disk.path("home"); }
    [[nodiscard]] std::string path() const { return disk.path("journal"); }
  };

  static void write_both(const TempDirectory& disk, const std::string& holder) {
    for (const char* const name : {"configuration.yaml", "old only", "both/deep/x", "both/old",
                                   "gone/x", "backups/a.tar", "www/cache/kept", "www/page"}) {
      disk.write(concat("home/config/", name), concat("old ", name));
    }
    for (const char* const name : {"configuration.yaml", "new only", "both/deep/x", "both/new",
                                   "come/x", "backups/b.tar", "www/page", "www/more"}) {
      disk.write(concat(holder, "/new/config/", name), concat("new ", name));
    }
    disk.write("home/share/x", "old x");
    disk.write(holder + "/new/share/x", "new x");
    disk.write(holder + "/new/apps/one/x", "new app");
  }

  static std::unique_ptr<Scene> make() {
    auto scene = std::make_unique<Scene>();
    const std::string holder = concat("home/", kHolderPrefix, "7");
    write_both(scene->disk, holder);
    scene->journal.job = "7";
    for (const char* const inner : {"config", "share", "apps/one"}) {
      RestoredFolder folder{scene->disk.path(concat("home/", inner)),
                            scene->disk.path(holder),
                            inner,
                            true,
                            {0755, 0, 0, {1'700'000'000, 5}}};
      if (!find_status(folder.directory)) folder.attributes.mode = 0700;
      scene->disk.write(concat(holder, "/new/", inner, "/", scene->journal.mark()), "");
      scene->journal.folders.push_back(folder);
    }
    for (std::size_t i = 0; i < scene->journal.folders.size(); ++i) {
      KeepRules::Facts facts;
      facts.inner = scene->journal.folders[i].inner;
      facts.ours = {"config/www/cache/**"};
      plan_exchange(scene->journal, i, KeepRules(facts));
    }
    scene->journal.phase = RestoreJournal::Phase::kExchange;
    save_journal(scene->path(), scene->journal);
    return scene;
  }

  // The home as it is when nothing of ours lies in it any more.
  static FileMap home_of(const Scene& scene) {
    settle_new_folders(scene.journal);
    remove_holders(scene.journal);
    return tree_below(scene.home());
  }

  static FileMap old_home() {
    const auto scene = make();
    remove_holders(scene->journal);
    return tree_below(scene->home());
  }
  static FileMap new_home() {
    const auto scene = make();
    exchange_forward(scene->journal);
    return home_of(*scene);
  }

  // Runs `work` in a process that dies before change number `at`; false: it ended before.
  static bool dies(int at, const std::function<void(const OnSwap&)>& work) {
    const pid_t child = ::fork();
    if (child == 0) {
      int left = at;
      work([&left] {
        if (left-- == 0) ::_exit(9);
      });
      ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 9;
  }
};

}  // namespace backshelf
