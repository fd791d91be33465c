// How far the kernel reads ahead on a mount; its default makes far locations slow.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace backshelf {

// The "major:minor" of a mount point, from the text of /proc/self/mountinfo; the last mount there
// counts. nullopt: nothing is mounted.
[[nodiscard]] std::optional<std::string> device_of_mount(std::string_view mountinfo,
                                                         std::string_view mount_point);

// Raises it to 1 MiB. Only root may: anybody else's attempt fails without a word.
void raise_read_ahead(const std::string& mount_point);

}  // namespace backshelf
