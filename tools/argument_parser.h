// What a command takes. The command line library is known to argument_parser.cc alone: its header
// costs more to compile than all the rest of this folder.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace backshelf {

enum class Presence { kOptional, kRequired };

// A program's or one command's arguments. Copies speak of the same command. What is filled in must
// outlive parse().
class ArgumentParser {
 public:
  ArgumentParser(const std::string& about, const std::string& program);

  // A command of this program; its own arguments are declared on what is returned.
  ArgumentParser command(const std::string& name, const std::string& about) const;

  // By place: "backup" is one word, `words` takes all that are left.
  void word(const char* name, std::string& value, const char* help, Presence presence) const;
  void words(const char* name, std::vector<std::string>& values, const char* help,
             Presence presence = Presence::kOptional) const;
  // By name, with a value: "-c", "--output". `value_name` is what the help calls it.
  void option(const char* name, std::string& value, const char* help,
              const char* value_name = nullptr) const;
  // The same, as often as wanted, one value each time.
  void repeated(const char* names, std::vector<std::string>& values, const char* help,
                const char* value_name = nullptr) const;
  // "-q", "--json"; several names are set apart by commas.
  void flag(const char* names, bool& value, const char* help = "") const;
  void version(const std::string& text) const;
  // The program's own arguments may stand behind the command as well.
  void allow_anywhere() const;
  // Called by parse() when this command is the one that was given.
  void when_chosen(std::function<void()> action) const;

  // False: it printed help or the version, and all is done. Throws Error(kUsage, subject, …, hint).
  [[nodiscard]] bool parse(const std::vector<std::string>& words, const std::string& subject,
                           const std::string& hint) const;

 private:
  explicit ArgumentParser(std::shared_ptr<CLI::App> app) : app_(std::move(app)) {}

  std::shared_ptr<CLI::App> app_;  // of a command: keeps the whole program's alive
};

}  // namespace backshelf
