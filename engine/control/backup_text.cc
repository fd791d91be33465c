#include <algorithm>

#include "engine/control/control.h"
#include "engine/control/shown_text.h"

namespace backshelf {
namespace {

constexpr std::size_t kFieldColumns = 16;

std::string parts_text(const Backup& backup) {
  std::string text;
  std::size_t apps = 0;
  for (const MemberInfo& member : backup.members) {
    if (member.folder.starts_with("apps/")) {
      ++apps;
    } else {
      text += concat(text.empty() ? "" : ",", visible_text(member.folder));
    }
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
  if (backup.members.empty()) return backup.is_protected ? "yes" : "-";
  if (version == 0) return "none";
  return concat("SecureTar v", version, some_plain ? " in part" : "");
}

std::string state_text(const Backup& backup) {
  std::string text(name_of(backup.state));
  if (backup.verified) text += concat(", verified ", shown_time(*backup.verified));
  if (backup.pinned) text += ", pinned";
  if (backup.protects) text += backup.state == State::kOk ? ", last good" : ", protected";
  if (backup.growing) text += ", still growing";
  if (!backup.problem.empty()) text += concat(": ", visible_text(backup.problem));
  return text;
}

bool authenticated(const Backup& backup) {
  return !backup.members.empty() &&
         std::all_of(backup.members.begin(), backup.members.end(),
                     [](const MemberInfo& member) { return member.authenticated; });
}

std::string members_text(const Backup& backup) {
  std::vector<TableRow> rows = {{"MEMBER", "FOLDER", "SIZE", "ENCRYPTION", "PACKED", "STATE"}};
  for (const MemberInfo& member : backup.members) {
    std::string state(name_of(member.state));
    if (!member.problem.empty()) state += concat(": ", visible_text(member.problem));
    rows.push_back({visible_text(member.member), visible_text(member.folder),
                    shown_size(member.size),
                    member.securetar ? concat("SecureTar v", *member.securetar) : "none",
                    member.zstd   ? "zstd"
                    : member.gzip ? "gzip"
                                  : "no",
                    state});
  }
  return table_text(rows, {2}, "  ");
}

}  // namespace

std::string list_text(const std::vector<BackupPtr>& backups) {
  if (backups.empty()) return "There are no backups yet.\n";
  std::vector<BackupPtr> sorted = backups;
  std::stable_sort(sorted.begin(), sorted.end(), [](const BackupPtr& a, const BackupPtr& b) {
    return to_instant(a->when) > to_instant(b->when);
  });
  const bool several = std::any_of(sorted.begin(), sorted.end(), [&](const BackupPtr& backup) {
    return backup->location != sorted.front()->location;
  });
  std::vector<TableRow> rows = {{"NAME", "DATE", "SIZE", "PARTS", "ENCRYPTION", "STATE"}};
  for (const BackupPtr& backup : sorted) {
    rows.push_back({visible_text(backup->folder), shown_time(to_instant(backup->when)),
                    shown_size(backup->object.size), parts_text(*backup), seal_text(*backup),
                    state_text(*backup)});
  }
  if (several) {
    rows.front().insert(rows.front().begin() + 1, "LOCATION");
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      rows[i + 1].insert(rows[i + 1].begin() + 1, visible_text(sorted[i]->location));
    }
  }
  return table_text(rows, {several ? 3U : 2U}, "");
}

std::string show_text(const Backup& backup) {
  std::string text;
  auto field = [&text](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    text += concat(name, std::string(kFieldColumns - name.size(), ' '), value, "\n");
  };
  field("Folder", visible_text(backup.folder));
  field("Name", visible_text(backup.name));
  field("Date", visible_text(backup.date));
  field("Type", visible_text(backup.type));
  field("Slug", visible_text(backup.slug));
  field("Home Assistant", visible_text(backup.homeassistant_version));
  field("File", visible_text(backup.object.name));
  field("Location", visible_text(backup.location));
  field("Size", concat(shown_size(backup.object.size), " (", backup.object.size, " bytes)"));
  field("Parts", parts_text(backup));
  field("Encryption", concat(seal_text(backup), authenticated(backup) ? ", authenticated" : ""));
  field("State", std::string(name_of(backup.state)));
  field("Problem", visible_text(backup.problem));
  field("Verified", backup.verified ? shown_time(*backup.verified) : std::string("not yet"));
  field("Pinned", backup.pinned ? "yes" : "no");
  if (backup.protects)
    field("Protected", backup.state == State::kOk ? "it is the last good backup"
                                                  : "no good backup is known, and it may be one");
  if (backup.uploaded) field("Origin", "put here by upload");
  return backup.members.empty() ? text : concat(text, "\n", members_text(backup));
}

}  // namespace backshelf
