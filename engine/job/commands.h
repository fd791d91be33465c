// What can be asked for, by control file and command line alike, as values.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace backshelf {

struct BackupCommand {
  bool full = false;
  std::string name = {};                // empty: "Custom backup <HA version>"
  std::vector<std::string> parts = {};  // empty: every part; "config", "ssl", "app:core_ssh" …
  std::optional<bool> database = {};    // exclude = false
  std::vector<std::string> to = {};     // empty: default
  std::string file = {};                // archive file name; empty: by Home Assistant's rule
  bool automatic = false;               // made by the schedule: retention may take it again
};
struct RestoreCommand {
  std::string folder;                   // also a slug, or "latest"
  std::vector<std::string> parts = {};  // empty: every part the backup holds
  bool keep_database = false;           // the home's own stays
  bool force = false;
};
struct CopyCommand {
  std::vector<std::string> folders;
  std::vector<std::string> to;  // locations, never empty
};
struct PruneCommand {
  bool dry_run = false;
};
struct DeleteCommand {
  std::vector<std::string> folders;
  bool force = false;
};
struct UndeleteCommand {
  std::vector<std::string> folders;
};
struct PinCommand {
  std::vector<std::string> folders;
  bool pin = true;
};
struct VerifyCommand {
  std::vector<std::string> folders;  // empty: all
};
struct CancelCommand {
  bool backup_only = false;  // a command of another kind that runs goes on
};
using Command =
    std::variant<BackupCommand, RestoreCommand, CopyCommand, PruneCommand, DeleteCommand,
                 UndeleteCommand, PinCommand, VerifyCommand, CancelCommand>;

}  // namespace backshelf
