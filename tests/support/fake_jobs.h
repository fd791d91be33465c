// Jobs that only remember what was asked of them.
#pragma once

#include <vector>

#include "engine/base/error.h"
#include "engine/job/jobs.h"

namespace backshelf {

class FakeJobs : public Jobs {
 public:
  void submit(const Command& command) override {
    if (busy && std::holds_alternative<BackupCommand>(command)) {
      throw Error(ErrorKind::kBusy, "backup", "one is running");
    }
    submitted.push_back(command);
  }
  std::string run(const Command& command, const std::function<void(const JobProgress&)>&,
                  std::stop_token) override {
    submit(command);
    return {};
  }
  void start() override {}
  void rename_backup(const std::string& from, const std::string& to) override {
    renamed.push_back(from + " -> " + to);
  }
  [[nodiscard]] JobsState state() const override { return shown; }
  void on_change(std::function<void()>) override {}
  void report(const std::string& code, const Error& error) override {
    reports.push_back(code + ": " + error.what());
  }

  bool busy = false;
  JobsState shown;
  std::vector<std::string> renamed;
  std::vector<Command> submitted;
  std::vector<std::string> reports;
};

}  // namespace backshelf
