#include <algorithm>

#include "engine/control/control.h"
#include "engine/control/plain_text.h"

namespace backshelf {
namespace {

std::string when_text(const Backup& backup) {
  // "2026-11-24T04:45:00…" to "2026-11-24 04:45".
  std::string text = to_rfc3339_local(to_instant(backup.when)).substr(0, 16);
  if (text.size() > 10) text[10] = ' ';
  return text;
}

std::string parts_text(const Backup& backup) {
  std::string text;
  std::size_t apps = 0;
  for (const MemberInfo& member : backup.members) {
    if (member.folder.starts_with("apps/")) {
      ++apps;
      continue;
    }
    text += (text.empty() ? "" : ",") + plain(member.folder);
  }
  if (apps > 0) text += concat(text.empty() ? "" : ",", apps, apps == 1 ? " app" : " apps");
  return text.empty() ? "-" : text;
}

std::string seal_text(const Backup& backup) {
  int version = 0;
  bool some_plain = false;
  for (const MemberInfo& member : backup.members) {
    version = std::max(version, member.securetar.value_or(0));
    some_plain |= !member.securetar.has_value();
  }
  if (version == 0) return "no";
  return concat("v", version, some_plain ? " in part" : "");
}

std::string state_text(const Backup& backup) {
  std::string text(name_of(backup.state));
  if (backup.verified && backup.state == State::kOk) text = "verified";
  if (backup.pinned) text += ", pinned";
  if (backup.protects) text += ", last good";
  return text;
}

using Row = std::vector<std::string>;

std::string table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], columns_of(row[i]));
    }
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] + 2 - columns_of(row[i]), ' ');
    }
    text += line + "\n";
  }
  return text;
}

}  // namespace

std::string list_text(const std::vector<BackupPtr>& backups) {
  if (backups.empty()) return "No backups.\n";
  std::vector<Row> rows = {{"FOLDER", "DATE", "SIZE", "ENCRYPTED", "STATE", "HOLDS"}};
  std::vector<BackupPtr> sorted = backups;
  std::stable_sort(sorted.begin(), sorted.end(), [](const BackupPtr& a, const BackupPtr& b) {
    return to_instant(a->when) > to_instant(b->when);
  });
  for (const BackupPtr& backup : sorted) {
    rows.push_back({plain(backup->folder), when_text(*backup), bytes_text(backup->object.size),
                    seal_text(*backup), state_text(*backup), parts_text(*backup)});
  }
  return table(rows);
}

std::string show_text(const Backup& backup) {
  std::string text;
  auto line = [&text](std::string_view name, const std::string& value) {
    if (!value.empty()) text += concat(name, std::string(12 - name.size(), ' '), value, "\n");
  };
  line("folder", plain(backup.folder));
  line("name", plain(backup.name));
  line("date", plain(backup.date));
  line("slug", plain(backup.slug));
  line("type", plain(backup.type));
  line("HA version", plain(backup.homeassistant_version));
  line("file", plain(backup.object.name));
  line("size", bytes_text(backup.object.size));
  line("encrypted", seal_text(backup));
  line("state", state_text(backup));
  line("verified", backup.verified ? to_rfc3339_local(*backup.verified) : std::string("never"));
  line("problem", plain(backup.problem));
  std::vector<Row> rows;
  for (const MemberInfo& member : backup.members) {
    const std::string seal = member.securetar ? concat("SecureTar v", *member.securetar) : "plain";
    rows.push_back({"  " + plain(member.folder), bytes_text(member.size),
                    seal + (member.gzip ? ", gzip" : ""), std::string(name_of(member.state)),
                    plain(member.problem)});
  }
  return text + (rows.empty() ? "" : "members\n" + table(rows));
}

}  // namespace backshelf
