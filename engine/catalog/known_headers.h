// What the headers of archives said, kept beside the state so that a start opens no archive it
// knows; part of engine/catalog only.
#pragma once

#include <map>
#include <string>

#include "engine/catalog/records.h"
#include "engine/catalog/shelf_build.h"
#include "engine/catalog/state_store.h"

namespace backshelf {

using KnownHeaders = std::map<FileKey, HeaderFacts>;

// Whether they may be believed for as long as the file's identity stays: not when it could not be
// read, or may still be written.
[[nodiscard]] bool is_worth_keeping(const HeaderFacts& facts);

// Nothing of it is worth an error: without the file every archive is looked into once more. Empty
// when the state is in memory alone, when the file is absent or damaged, and when another version
// of this program wrote it that read headers differently.
[[nodiscard]] KnownHeaders load_headers(const StateStore& state);
void save_headers(const StateStore& state, const KnownHeaders& headers);

}  // namespace backshelf
