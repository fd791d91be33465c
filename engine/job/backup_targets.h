// The archives of one backup, one per location: each may fail by itself.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/job/backup_plan.h"
#include "engine/job/patient_object.h"

namespace backshelf {

// One thread at a time. Calls throw the first location's error once all have failed, and
// nothing else for what a location does. Not committed: it never existed.
class BackupTargets {
 public:
  // Both are borrowed.
  BackupTargets(const BackupPlan& plan, const JobParts& parts, WriteLimits limits = {});

  // Throws Error(kNeedsKey) too. `job` is part of the temporary names.
  void open(const std::string& job);
  // `earlier`: what need not be made anew; may be null.
  [[nodiscard]] WriteReport write(EntrySource& home, const EarlierContent* earlier,
                                  WorkerPool& pool, const OnWrite& on_write, std::stop_token stop);
  // Publishes under `file`, or the first number of it that is free in all locations; returns it.
  std::string commit(const std::string& file);
  // Puts the committed ones on the shelf and returns their names there, never none. Never throws
  // Error.
  [[nodiscard]] std::vector<std::string> adopt(const std::string& file);
  [[nodiscard]] std::vector<LastBackup::Place> results() const;

 private:
  struct Target {
    const BackupPlan::Place* place;
    std::unique_ptr<PatientObject> object;
    std::optional<Error> failure;
  };
  void each(const std::function<void(Target&)>& use);
  void check_any() const;
  void note_failures(const std::optional<Error>& sealed, const std::optional<Error>& plain);
  [[nodiscard]] bool is_free(const std::string& file);

  const BackupPlan& plan_;
  const JobParts& parts_;
  const WriteLimits limits_;
  std::shared_ptr<const SealKey> key_;  // of the encrypted ones
  std::vector<Target> targets_;
};

}  // namespace backshelf
