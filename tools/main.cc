#include "tools/command_line.h"
#include "tools/signals.h"

int main(int argc, char** argv) {
  backshelf::harden_process();
  return backshelf::run_command_line({argv + (argc > 0 ? 1 : 0), argv + argc}, {});
}
