// Backups and facts as the shelf has them, for what shows them.
#pragma once

#include <string>

#include "engine/control/control.h"

namespace backshelf::sample {

inline Instant at(std::string_view text) {
  return parse_iso8601(text).value();
}

inline MemberInfo member(const std::string& folder, std::optional<int> securetar) {
  MemberInfo info;
  info.member = folder.substr(folder.rfind('/') + 1) + ".tar.gz";
  info.folder = folder;
  info.size = 461;
  info.securetar = securetar;
  info.gzip = true;
  info.authenticated = securetar == 3;
  info.state = State::kOk;
  return info;
}

inline Backup backup(const std::string& folder, std::string_view date) {
  Backup backup;
  backup.folder = folder;
  backup.location = "local";
  backup.object.name = folder + ".tar";
  backup.object.size = 399'360;
  backup.slug = "7c984efa";
  backup.name = "Name of " + folder;
  backup.date = date;
  backup.type = "partial";
  backup.when = to_timestamp(at(date));
  backup.is_protected = true;
  backup.state = State::kOk;
  backup.members = {member("config", 3), member("apps/core_ssh", 3)};
  return backup;
}

inline std::shared_ptr<const Shelf> shelf(std::vector<Backup> backups) {
  auto shelf = std::make_shared<Shelf>();
  for (Backup& one : backups) shelf->backups.push_back(std::make_shared<Backup>(std::move(one)));
  return shelf;
}

// As a program that reads our output has it.
inline Json as_read(const Json& json) {
  return parse_json(as_bytes(print_json(json)));
}

inline StatusFacts idle() {
  StatusFacts facts;
  facts.shelf = shelf({});
  facts.now = at("2026-11-24T12:00:00Z");
  facts.kit_saved = true;
  return facts;
}

}  // namespace backshelf::sample
