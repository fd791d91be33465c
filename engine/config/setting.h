// One value of the INI on its way into a field: checked, or a problem said of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/config/ini_lines.h"

namespace backshelf {

inline constexpr std::size_t kMaxLocationNameBytes = 40;
// A folder of the mount and a word of `to=`: letters, digits, '-', '_', '.', and bytes of other
// alphabets.
[[nodiscard]] bool is_location_name(std::string_view name);

// What is said of a word that is none, behind it.
[[nodiscard]] std::string no_part(std::string_view word);

// Each function leaves its field alone when the value is wrong, and says so in `problems`.
class Setting {
 public:
  Setting(const IniLine& line, std::vector<ConfigProblem>& problems)
      : line_(line), problems_(problems) {}

  [[nodiscard]] const std::string& key() const { return line_.key; }
  [[nodiscard]] const std::string& text() const { return line_.value; }
  void problem(std::string_view why);

  void word(std::string& to, const std::vector<std::string>& known);
  void yes_no(bool& to);
  void yes_no(std::optional<bool>& to);
  void number(int& to, int least, int most);
  void id(std::optional<std::uint32_t>& to);    // of a user or group
  void mask(std::optional<std::uint32_t>& to);  // octal
  void duration(std::chrono::seconds& to, std::chrono::seconds least = std::chrono::seconds(0));
  void size(std::uint64_t& to, std::uint64_t least = 0);
  void path(std::string& to);  // absolute; ends of '/' are taken off; empty: not set
  void command(
      std::string& to);        // for the shell; refuses a " ;", which this file takes for a comment
  void days(std::string& to);  // never | daily | mon,wed,fri
  void time(std::string& to);  // HH:MM
  void words(std::vector<std::string>& to, const std::vector<std::string>& known);
  // config,ssl,app:core_ssh, or names that [folders] may have; full: empty.
  void parts(std::vector<std::string>& to);
  void locations(std::vector<std::string>& to);  // names, separated by commas

 private:
  [[nodiscard]] std::vector<std::string> list();
  // Every word of the list, when `good` takes all of them.
  template <typename Good>
  void list_of(std::vector<std::string>& to, const Good& good);

  const IniLine& line_;
  std::vector<ConfigProblem>& problems_;
};

}  // namespace backshelf
