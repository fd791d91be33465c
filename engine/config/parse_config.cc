#include <algorithm>

#include "engine/config/automatic_rules.h"
#include "engine/config/config_keys.h"
#include "engine/config/nearest_word.h"
#include "engine/config/part_names.h"

namespace backshelf {
namespace {

constexpr std::string_view kLocation = "location";

class Parser {
 public:
  explicit Parser(const ConfigDefaults& defaults) {
    result_.config = default_config(defaults);
    default_place_ = result_.config.locations.front();
    result_.config.locations.clear();
  }

  ParsedConfig parse(ByteView ini) {
    IniText text = read_ini(ini);
    result_.problems = std::move(text.problems);
    for (const IniLine& line : text.lines) {
      if (line.key.empty()) {
        begin_section(line);
      } else {
        set(line);
      }
    }
    check_locations();
    check_folders();
    check_automatic();
    check_home();
    if (result_.config.locations.empty()) result_.config.locations.push_back(default_place_);
    std::stable_sort(result_.problems.begin(), result_.problems.end(),
                     [](const auto& a, const auto& b) { return a.line < b.line; });
    return std::move(result_);
  }

 private:
  void problem(std::size_t line, std::string text) {
    result_.problems.push_back({line, std::move(text)});
  }

  void begin_section(const IniLine& line) {
    const std::string& section = line.section;
    known_ = true;
    location_.reset();
    if (section == kLocation || section.starts_with(concat(kLocation, " "))) {
      begin_location(line);
    } else if (section == "automatic") {
      if (result_.config.automatic.days == "never") {
        result_.config.automatic.days = "daily";
        result_.config.automatic.verify_days = kVerifyDays;
      }
    } else if (section == "folders") {
      folders_line_ = line.line;
    } else if (config_keys(section).empty()) {
      std::vector<std::string> sections = config_sections();
      sections.insert(sections.end(), {"folders", "location NAME"});
      std::string meant = did_you_mean(section, sections);
      const std::string first(section.substr(0, section.find(' ')));
      if (meant.empty() && nearest_word(first, {std::string(kLocation)}) == kLocation) {
        meant = "; did you mean 'location NAME'?";
      }
      problem(line.line, concat("unknown section [", section, "]", meant));
      known_ = false;
    }
  }

  void begin_location(const IniLine& line) {
    const std::string name =
        line.section.substr(std::min(line.section.size(), kLocation.size() + 1));
    auto& locations = result_.config.locations;
    if (!is_location_name(name)) {
      problem(line.line, name.empty() ? "a location needs a name: [location nas]"
                                      : concat("'", name,
                                               "' is no name for a location: letters, digits, "
                                               "'-', '_' and '.', at most ",
                                               kMaxLocationNameBytes));
    } else if (std::any_of(locations.begin(), locations.end(),
                           [&](const LocationConfig& other) { return other.name == name; })) {
      problem(line.line, concat("there are two sections [location ", name, "]"));
    }
    locations.emplace_back().name = name;
    location_lines_.push_back(line.line);
    location_ = locations.size() - 1;
  }

  void set(const IniLine& line) {
    if (!known_) return;  // one complaint about the section is enough
    const std::string unique = concat(line.section, "\n", line.key);
    if (!lines_.try_emplace(unique, line.line).second && !is_repeatable(line.section, line.key)) {
      problem(line.line, concat("'", line.key, "' stands twice in [", line.section, "]"));
    }
    if (is_without_effect(line.section, line.key)) {
      result_.config.without_effect.push_back(concat("[", line.section, "] ", line.key));
    }
    Setting setting(line, result_.problems);
    if (location_) {
      const LocationKey* const key = find_location_key(line.key);
      if (key == nullptr) return unknown(line, location_keys());
      key->set(result_.config.locations[*location_], setting);
    } else if (line.section == "folders") {
      set_folder(line, setting);
    } else {
      const ConfigKey* const key = find_config_key(line.section, line.key);
      if (key == nullptr) return unknown(line, config_keys(line.section));
      key->set(result_.config, setting);
    }
  }

  void unknown(const IniLine& line, const std::vector<std::string>& keys) {
    if (line.section.empty()) {
      return problem(line.line, concat("'", line.key, "' stands before the first [section]"));
    }
    std::string meant;
    for (const std::string& section : sections_with(line.key)) {
      meant += concat(meant.empty() ? "; it belongs into [" : " or [", section, "]");
    }
    if (meant.empty()) meant = did_you_mean(line.key, keys);
    problem(line.line, concat("unknown key '", line.key, "' in [", line.section, "]", meant));
  }

  void set_folder(const IniLine& line, Setting& setting) {
    if (!is_folder_name(line.key)) {
      return problem(line.line, concat("'", line.key,
                                       "' is no name for a folder: letters, digits, "
                                       "'-', '_' and '.', at most ",
                                       kMaxFolderNameBytes));
    }
    const std::string reserved = folder_name_problem(line.key);
    if (!reserved.empty()) return problem(line.line, concat(line.key, ": ", reserved));
    for (const auto& [other, path] : result_.config.home.folders) {
      if (other == line.key || !is_same_name(other, line.key)) continue;
      return problem(line.line, concat("the folders '", other, "' and '", line.key,
                                       "' differ in upper and lower case only, so the backup "
                                       "could not hold both; rename one"));
    }
    std::string path;
    setting.path(path);
    if (path.empty()) return problem(line.line, concat("folder '", line.key, "' has no path"));
    result_.config.home.folders.emplace_back(line.key, path);
  }

  void check_locations() {
    const auto& locations = result_.config.locations;
    for (std::size_t i = 0; i < locations.size(); ++i) {
      const LocationConfig& place = locations[i];
      if (place.type != location_types().front()) continue;
      if (place.path.empty()) {
        problem(location_lines_[i], concat("[location ", place.name, "] has no path"));
      }
      for (const auto& [key, value] : place.other) {
        problem(location_lines_[i], concat("'", key, "' in [location ", place.name,
                                           "] is for type = s3, not for a directory"));
      }
      for (std::size_t j = 0; j < i; ++j) {
        if (place.path.empty() || place.path != locations[j].path) continue;
        problem(location_lines_[i],
                concat("[location ", place.name, "] has the same path as [location ",
                       locations[j].name, "]"));
      }
    }
    for (const std::string& name : result_.config.automatic.locations) check_known(name);
  }

  void check_known(const std::string& name) {
    std::vector<std::string> names;
    for (const LocationConfig& place : result_.config.locations) names.push_back(place.name);
    if (names.empty()) names.push_back(default_place_.name);
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      problem(line_of("automatic\nlocations"),
              concat("there is no [location ", name, "]", did_you_mean(name, names)));
    }
  }

  void check_automatic() {
    const bool given = lines_.contains("automatic\nstale_after");
    for (const auto& [key, text] : settle_automatic(result_.config, given)) {
      problem(line_of(concat("automatic\n", key)), text);
    }
  }

  void check_folders() {
    const bool wanted = result_.config.home.layout == "folders";
    if (wanted && result_.config.home.folders.empty()) {
      problem(line_of("home\nlayout"),
              "layout = folders needs a section [folders]: documents = /srv/documents");
    } else if (!wanted && folders_line_ != 0) {
      problem(folders_line_, "[folders] is used with layout = folders only");
    }
  }

  // Each layout has its own idea of where the parts are.
  void check_home() {
    const HomeConfig& home = result_.config.home;
    const bool folders = home.layout == "folders";
    for (const auto& [part, path] : home.parts) {
      const bool used = home.layout == "homeassistant" ||
                        (home.layout == "supervised" && part != "apps") ||
                        (home.layout == "container" && part == "config");
      if (used) continue;
      problem(line_of(concat("home\n", part)),
              concat("'", part, "' is not used with layout = ", home.layout,
                     folders ? "; name it in [folders]" : ""));
    }
    for (const std::string& part : result_.config.automatic.parts) {
      const bool known = !folders ? is_part(part)
                                  : std::any_of(home.folders.begin(), home.folders.end(),
                                                [&](const auto& one) { return one.first == part; });
      if (known) continue;
      problem(line_of("automatic\nparts"),
              concat("'", part, "' ", folders ? "is not in [folders]" : no_part(part)));
    }
  }

  [[nodiscard]] std::size_t line_of(const std::string& unique) const {
    const auto found = lines_.find(unique);
    return found == lines_.end() ? 0 : found->second;
  }

  ParsedConfig result_;
  LocationConfig default_place_;
  bool known_ = true;
  std::optional<std::size_t> location_;  // the one being read
  std::vector<std::size_t> location_lines_;
  std::size_t folders_line_ = 0;
  std::map<std::string, std::size_t> lines_;  // "section\nkey" to where it was first set
};

}  // namespace

ParsedConfig parse_config(ByteView ini, const ConfigDefaults& defaults) {
  return Parser(defaults).parse(ini);
}

}  // namespace backshelf
