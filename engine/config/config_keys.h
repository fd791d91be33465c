// Every section and key of the INI, and the field it belongs to.
#pragma once

#include <string>
#include <vector>

#include "engine/config/setting.h"

namespace backshelf {

struct ConfigKey {
  const char* section;
  const char* key;
  void (*set)(Config& config, Setting& setting);
};
// null: there is no such key.
[[nodiscard]] const ConfigKey* find_config_key(std::string_view section, std::string_view key);
[[nodiscard]] std::vector<std::string> config_sections();  // without folders and location
[[nodiscard]] std::vector<std::string> config_keys(std::string_view section);
// Accepted, so that an INI stays what it is, but nothing comes of it in this version.
[[nodiscard]] bool is_without_effect(std::string_view section, std::string_view key);
// Sections that have a key of this name.
[[nodiscard]] std::vector<std::string> sections_with(std::string_view key);
// May stand several times in its section.
[[nodiscard]] bool is_repeatable(std::string_view section, std::string_view key);

struct LocationKey {
  const char* key;
  void (*set)(LocationConfig& location, Setting& setting);
};
// null: there is no such key.
[[nodiscard]] const LocationKey* find_location_key(std::string_view key);
[[nodiscard]] std::vector<std::string> location_keys();
// The types a location may have; those after the first are not in this version.
[[nodiscard]] const std::vector<std::string>& location_types();

}  // namespace backshelf
