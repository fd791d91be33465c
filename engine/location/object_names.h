// Names of the objects that lie in a location: archives, those being written, and deleted ones.
//
//   archive     NAME.tar                              does not start with '.'
//   temporary   .backshelf-INSTALLATION-JOB-RANDOM.part
//   deleted     .backshelf-deleted-INSTALLATION-SECONDS-RANDOM-NAME.tar~
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace backshelf {

inline constexpr std::size_t kObjectNameBytes = 255;  // NAME_MAX of every Linux file system

// A plain file name that list() would show: ends in ".tar", does not start with '.', has no '/' and
// no NUL, at most kObjectNameBytes long.
[[nodiscard]] bool is_archive_name(std::string_view name);

[[nodiscard]] std::string temporary_name(std::string_view installation, std::string_view job,
                                         std::string_view random);
[[nodiscard]] bool is_temporary_name(std::string_view name, std::string_view installation);

struct HiddenName {
  std::int64_t deleted_seconds = 0;  // since 1970
  std::string original;              // archive name; its stem is cut when the whole was too long
};
[[nodiscard]] std::string hidden_name(std::string_view installation, std::int64_t deleted_seconds,
                                      std::string_view random, std::string_view original);
// nullopt unless `name` is a deleted object of this installation.
[[nodiscard]] std::optional<HiddenName> parse_hidden_name(std::string_view name,
                                                          std::string_view installation);

// "A.tar" becomes "A (2).tar"; the stem is cut where the result would be too long. Number 1 is the
// name itself. REQUIRES: is_archive_name(name)
[[nodiscard]] std::string numbered_name(std::string_view name, unsigned number);

}  // namespace backshelf
