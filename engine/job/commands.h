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
struct CancelCommand {};
using Command = std::variant<BackupCommand, DeleteCommand, UndeleteCommand, PinCommand,
                             VerifyCommand, CancelCommand>;

}  // namespace backshelf
