// Each adds its subcommands to the command line; the chosen one leaves what it does in `chosen`.
#pragma once

#include "tools/argument_parser.h"
#include "tools/options.h"
#include "tools/workbench.h"

namespace backshelf {

struct Registry {
  const ArgumentParser& program;
  Workbench& bench;
  Action& chosen;
  std::stop_token stop;
};

void add_read_commands(const Registry& registry);     // ls, cat
void add_extract_command(const Registry& registry);   // extract
void add_export_command(const Registry& registry);    // export
void add_import_command(const Registry& registry);    // import
void add_repair_command(const Registry& registry);    // repair
void add_diff_command(const Registry& registry);      // diff
void add_keys_command(const Registry& registry);      // keys
void add_kit_command(const Registry& registry);       // kit
void add_sidecar_command(const Registry& registry);   // repair-sidecars
void add_list_commands(const Registry& registry);     // list, show
void add_change_commands(const Registry& registry);   // backup, delete, undelete, pin, unpin
void add_restore_command(const Registry& registry);   // restore
void add_verify_command(const Registry& registry);    // verify
void add_estimate_command(const Registry& registry);  // estimate
void add_status_command(const Registry& registry);    // status
void add_service_commands(const Registry& registry);  // check-config

}  // namespace backshelf
