// Which of the known keys opens which backup.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/keys/key_files.h"
#include "engine/keys/key_ring.h"
#include "tools/workbench.h"

namespace backshelf {

struct SurveyedBackup {
  BackupPtr backup;
  bool is_encrypted = false;
  std::vector<std::size_t> keys;    // those that open parts of it, by number in the survey
  std::vector<std::string> closed;  // parts that no key opens
  std::string problem;              // it could not be looked at; empty otherwise
};

// One thread at a time.
class KeySurvey {
 public:
  static constexpr std::size_t kNoKey = ~std::size_t{0};
  // All are borrowed.
  KeySurvey(Workbench& bench, const std::vector<KnownKey>& keys);
  // Tries the keys in their order until every part is open. Throws Error(kInterrupted).
  [[nodiscard]] SurveyedBackup look(const BackupPtr& backup, std::stop_token stop);
  // The archive under one of the keys, or under none (of an unencrypted one). Throws Error:
  // kNotFound, kIo.
  [[nodiscard]] std::shared_ptr<Archive> open(const Backup& backup, std::size_t key);

 private:
  Workbench& bench_;
  std::vector<std::unique_ptr<KeyRing>> rings_;  // one for each key
  const std::unique_ptr<KeyRing> no_key_ = KeyRing::make({});
};

// Newest first, without those that are still being written.
[[nodiscard]] std::vector<BackupPtr> backups_newest_first(Workbench& bench);

}  // namespace backshelf
