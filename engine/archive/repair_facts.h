// What can be told of a member for its repair without opening it; part of engine/archive.
#pragma once

#include "engine/archive/member.h"

namespace backshelf {

// Every byte of it is where its header says, and there is at least one.
[[nodiscard]] bool is_whole_outside(const OuterMember& outer);
// The same of what is inside, as far as that can be told without its key.
[[nodiscard]] bool is_whole_sealed(const MemberFacts& facts);
// Why no key opens it, also when its state says that it is cut; nullopt: that is not the trouble.
// Throws Error(kIo).
[[nodiscard]] std::optional<ErrorKind> key_problem(const Member& member, KeySource& keys);
// What backup.json calls a part, as the folder shows it: "homeassistant" is "config".
[[nodiscard]] std::string shown_part(const std::string& name);

}  // namespace backshelf
