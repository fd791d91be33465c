#include <algorithm>

#include "engine/archive/small_file.h"
#include "engine/base/error.h"
#include "engine/disk/file.h"
#include "engine/home/home.h"
#include "engine/keys/harvest.h"
#include "tools/commands.h"
#include "tools/key_survey.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

constexpr std::size_t kStorageBytes = 16 * kMiB;
constexpr const char* kStoragePath = "config/.storage/backup";

class KeyReport {
 public:
  explicit KeyReport(const Registry& registry)
      : registry_(registry),
        bench_(registry.bench),
        config_(bench_.config()),
        keys_(load_known_keys(bench_.options().key_options, config_.key)) {}

  int run(bool harvest) {
    const std::vector<BackupPtr> backups = backups_newest_first(bench_);
    look_at(backups);
    if (harvest) learn();
    for (const SurveyedBackup& found : found_) tell(found);
    tell_keys();
    const std::size_t closed = closed_count();
    const auto failed = std::count_if(found_.begin(), found_.end(),
                                      [](const auto& one) { return !one.problem.empty(); });
    if (closed > 0) {
      print_error(concat(closed,
                         " backups are not opened by any known key: look for the "
                         "emergency kit of their time now, while it can be found (",
                         harvest ? "-k KIT tries one"
                                 : "-k KIT tries one; keys --harvest looks "
                                   "into the backups that open",
                         ")"));
    }
    return closed > 0 || failed > 0 ? exit_code_of(ErrorKind::kPartial) : 0;
  }

 private:
  void look_at(const std::vector<BackupPtr>& backups) {
    found_.clear();
    KeySurvey survey(bench_, keys_);
    ProgressLine line(bench_.options().quiet);
    for (const BackupPtr& backup : backups) {
      line.show(backup->folder, found_.size(), backups.size());
      found_.push_back(survey.look(backup, registry_.stop));
    }
  }

  // Keys found in what opens may open more, which may hold more keys.
  void learn() {
    std::vector<SecretBytes> learned;
    add_key_of_home(learned);
    std::vector<bool> asked(found_.size(), false);
    while (ask_all(asked, learned)) {
    }
    if (learned.empty()) {
      print("harvest: no new key was found\n");
      return;
    }
    if (config_.key.old.empty()) {
      throw Error(ErrorKind::kUsage, "keys --harvest", "there is no file for what it learns",
                  "set [key] old in the configuration");
    }
    append_old_keys(config_.key.old, learned);
    print(concat("harvest: ", learned.size(), learned.size() == 1 ? " new key" : " new keys",
                 " added to ", config_.key.old, "\n"));
  }

  // Asks those that are open now and were not asked; whether that taught a key.
  bool ask_all(std::vector<bool>& asked, std::vector<SecretBytes>& learned) {
    bool any = false;
    KeySurvey survey(bench_, keys_);
    for (std::size_t i = 0; i < found_.size(); ++i) {
      SurveyedBackup& one = found_[i];
      if (!one.closed.empty()) one = survey.look(one.backup, registry_.stop);
      if (asked[i] || (one.is_encrypted && one.keys.empty())) continue;
      asked[i] = true;
      any |= add_key_of(survey, one, learned);
    }
    return any;
  }

  void add_key_of_home(std::vector<SecretBytes>& learned) {
    try {
      const HomeLayout home = read_home(config_.home);
      const HomePart* const part = home.find("config");
      if (part == nullptr || part->trees.empty()) return;
      const std::string path = concat(part->trees.front().directory, "/.storage/backup");
      if (const auto bytes = find_file(path, kStorageBytes)) add(*bytes, learned);
    } catch (const Error&) {  // isolation: a machine without a home has backups all the same
    }
  }

  bool add_key_of(KeySurvey& survey, const SurveyedBackup& one, std::vector<SecretBytes>& learned) {
    try {
      const std::vector<std::size_t> keys =
          one.is_encrypted ? one.keys : std::vector<std::size_t>{KeySurvey::kNoKey};
      for (const std::size_t key : keys) {
        const std::shared_ptr<Archive> archive = survey.open(*one.backup, key);
        archive->check(registry_.stop);
        const auto bytes = find_small_file(*archive, kStoragePath, kStorageBytes, registry_.stop);
        if (bytes) return add(*bytes, learned);
      }
    } catch (const Error& error) {  // isolation: one backup of many
      if (error.kind() == ErrorKind::kInterrupted) throw;
      print_error(error.in(one.backup->folder).what());
    }
    return false;
  }

  bool add(ByteView storage, std::vector<SecretBytes>& learned) {
    std::optional<SecretBytes> key = key_in_storage(storage);
    if (!key) return false;
    const bool known = std::any_of(keys_.begin(), keys_.end(), [&](const KnownKey& other) {
      return other.key.equals(key->view());
    });
    if (known) return false;
    learned.push_back(key->clone());
    keys_.push_back({std::move(*key), concat(config_.key.old, ", learned now")});
    return true;
  }

  [[nodiscard]] std::string name_of_key(std::size_t key) const {
    return concat("key ", key + 1, " (", keys_[key].origin, ")");
  }

  void tell(const SurveyedBackup& found) const {
    std::string what;
    for (const std::size_t key : found.keys)
      what += concat(what.empty() ? "" : ", ", name_of_key(key));
    if (!found.problem.empty()) {
      what = concat("cannot be looked at: ", found.problem);
    } else if (!found.is_encrypted) {
      what = "not encrypted";
    } else if (found.keys.empty()) {
      what = "no known key opens it";
    } else if (!found.closed.empty()) {
      what += "; no known key opens:";
      for (const std::string& part : found.closed) what += concat(" ", part);
    }
    print(concat(shown_name(found.backup->folder), ": ", shown_name(what), "\n"));
  }

  void tell_keys() const {
    if (bench_.options().quiet) return;
    for (std::size_t key = 0; key < keys_.size(); ++key) {
      const auto count = std::count_if(found_.begin(), found_.end(), [&](const auto& one) {
        return std::find(one.keys.begin(), one.keys.end(), key) != one.keys.end();
      });
      print(concat(name_of_key(key), " opens ", count, count == 1 ? " backup\n" : " backups\n"));
    }
  }

  [[nodiscard]] std::size_t closed_count() const {
    return static_cast<std::size_t>(std::count_if(
        found_.begin(), found_.end(), [](const auto& one) { return !one.closed.empty(); }));
  }

  const Registry& registry_;
  Workbench& bench_;
  const Config& config_;
  std::vector<KnownKey> keys_;
  std::vector<SurveyedBackup> found_;
};

}  // namespace

void add_keys_command(const Registry& registry) {
  auto harvest = std::make_shared<bool>(false);
  const ArgumentParser command =
      registry.program.command("keys", "Say which key opens which backup, and which none opens");
  command.flag("--harvest", *harvest,
               "Learn keys from .storage/backup of the home and of backups that open");
  command.when_chosen([registry, harvest] {
    registry.chosen = [registry, harvest] { return KeyReport(registry).run(*harvest); };
  });
}

}  // namespace backshelf
