#include <algorithm>

#include "engine/control/control.h"

namespace backshelf {
namespace {

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

// As stored when that is RFC 3339; what older releases wrote (a blank, no offset) as such a time.
Json date_json(const Backup& backup) {
  constexpr std::size_t kLeast = std::string_view("2025-03-04T05:06:07Z").size();
  constexpr std::size_t kOffset = std::string_view("+00:00").size();
  const std::string& date = backup.date;
  const auto instant = parse_iso8601(date);
  if (!instant) {
    return backup.when == Timestamp{} ? Json() : Json(to_rfc3339(to_instant(backup.when)));
  }
  const bool full = date.size() >= kLeast && date[10] == 'T';
  const bool offset =
      full && (date.back() == 'Z' || date.find_last_of("+-") == date.size() - kOffset);
  return offset ? Json(date) : Json(to_rfc3339(*instant));
}

Json job_json(const JobProgress& job) {
  Json json = Json::object();
  json.set("command", job.command).set("folder", text_or_null(job.folder));
  json.set("part", text_or_null(job.part)).set("files", job.files);
  json.set("files_total", job.files_total).set("bytes", job.bytes);
  json.set("bytes_total", job.bytes_total).set("rate", static_cast<std::int64_t>(job.rate));
  json.set("eta_s", job.eta_seconds < 0 ? Json() : Json(job.eta_seconds));
  return json.set("started", to_rfc3339(job.started));
}

Json last_backup_json(const LastBackup& last) {
  Json json = Json::object();
  json.set("folder", last.folder).set("date", to_rfc3339(last.date)).set("ok", last.ok);
  json.set("problem", text_or_null(last.problem));
  Json places = Json::array();
  for (const LastBackup::Place& place : last.locations) {
    Json row = Json::object();
    row.set("location", place.location).set("ok", place.ok);
    places.push(row.set("problem", text_or_null(place.problem)));
  }
  Json skipped = Json::array();
  for (const std::string& line : last.skipped) skipped.push(line);
  return json.set("locations", std::move(places)).set("skipped", std::move(skipped));
}

Json place_json(const StatusFacts::Place& place) {
  Json json = Json::object();
  json.set("location", place.name).set("state", place.state).set("free", place.free_bytes);
  json.set("total", place.total_bytes).set("backups", std::uint64_t{place.backups});
  return json.set("problem", text_or_null(place.problem));
}

Json delayed_json(const std::vector<DelayedDelete>& delayed) {
  Json rows = Json::array();
  for (const DelayedDelete& one : delayed) {
    Json row = Json::object();
    row.set("folder", one.folder).set("location", one.location);
    rows.push(std::move(row.set("since", to_rfc3339(one.since))));
  }
  return rows;
}

Json problem_json(const Problem& problem) {
  Json json = Json::object();
  json.set("code", problem.code).set("what", problem.what).set("todo", text_or_null(problem.todo));
  return json.set("since", to_rfc3339(problem.since));
}

Json opening_json(const Catalog::Opening& opening) {
  Json json = Json::object();
  json.set("folder", opening.folder).set("member", opening.member);
  return json.set("bytes", opening.done_bytes).set("bytes_total", opening.total_bytes);
}

// Passthrough and io_uring need a newer FUSE library than the one this is written for.
Json mount_json(const StatusFacts::Mount& mount) {
  Json json = Json::object();
  json.set("parallel_lookups", mount.parallel_lookups);
  json.set("attributes_with_names", mount.attributes_with_names);
  json.set("read_ahead_kib",
           mount.read_ahead_kib == 0 ? Json() : Json(std::int64_t{mount.read_ahead_kib}));
  return json.set("passthrough", false).set("io_uring", false);
}

bool is_stale(const std::vector<Problem>& problems) {
  return std::any_of(problems.begin(), problems.end(),
                     [](const Problem& problem) { return problem.code == "stale"; });
}

Json last_good(const Shelf& shelf) {
  BackupPtr good;
  for (const BackupPtr& backup : shelf.backups) {
    const bool newer = !good || to_instant(backup->when) > to_instant(good->when);
    if (backup->good && newer) good = backup;
  }
  return good ? Json(good->folder) : Json();
}

Json member_json(const MemberInfo& member, const Backup& backup) {
  Json json = Json::object();
  json.set("member", member.member).set("folder", member.folder).set("size", member.size);
  json.set("securetar", member.securetar ? Json(*member.securetar) : Json());
  json.set("gzip", member.gzip).set("zstd", member.zstd);
  json.set("authenticated", member.authenticated);
  json.set("state", name_of(member.state));
  const bool verified = backup.verified && member.state == State::kOk;
  json.set("verified", verified ? Json(to_rfc3339(*backup.verified)) : Json());
  return json.set("problem", text_or_null(member.problem));
}

}  // namespace

Json status_json(const StatusFacts& facts) {
  Json json = Json::object();
  json.set("schema", 1).set("time", to_rfc3339(facts.now)).set("state", facts.jobs.state);
  json.set("job", facts.jobs.job ? job_json(*facts.jobs.job) : Json());
  Json queue = Json::array();
  for (const std::string& line : facts.jobs.queue) queue.push(line);
  json.set("queue", std::move(queue));
  Json opening = Json::array();
  for (const Catalog::Opening& one : facts.opening) opening.push(opening_json(one));
  json.set("opening", std::move(opening));
  const auto& last = facts.jobs.last_backup;
  json.set("last_backup", last ? last_backup_json(*last) : Json());
  json.set("last_good", last_good(*facts.shelf))
      .set("next_backup",
           facts.jobs.next_backup ? Json(to_rfc3339(*facts.jobs.next_backup)) : Json());
  json.set("stale", is_stale(facts.jobs.problems));
  Json places = Json::array();
  for (const StatusFacts::Place& place : facts.locations) places.push(place_json(place));
  json.set("locations", std::move(places)).set("pending_deletes", delayed_json(facts.delayed));
  Json problems = Json::array();
  for (const Problem& problem : facts.jobs.problems) problems.push(problem_json(problem));
  json.set("problems", std::move(problems)).set("kit_saved", facts.kit_saved);
  if (facts.mount) json.set("mount", mount_json(*facts.mount));
  return json;
}

Json backup_json(const Backup& backup) {
  bool authenticated = !backup.members.empty();
  Json members = Json::array();
  for (const MemberInfo& member : backup.members) {
    authenticated = authenticated && member.authenticated;
    members.push(member_json(member, backup));
  }
  Json json = Json::object();
  json.set("folder", backup.folder).set("slug", text_or_null(backup.slug));
  json.set("name", text_or_null(backup.name)).set("date", date_json(backup));
  json.set("type", text_or_null(backup.type)).set("file", backup.object.name);
  json.set("size", backup.object.size).set("protected", backup.is_protected);
  json.set("authenticated", authenticated).set("state", name_of(backup.state));
  json.set("problem", text_or_null(backup.problem));
  json.set("verified", backup.verified ? Json(to_rfc3339(*backup.verified)) : Json());
  json.set("pinned", backup.pinned).set("good", backup.good);
  Json places = Json::array();
  if (!backup.location.empty()) {
    Json place = Json::object();
    place.set("location", backup.location);
    place.set("state", backup.away ? "away" : name_of(backup.state));
    places.push(std::move(place));
  }
  json.set("locations", std::move(places)).set("members", std::move(members));
  return json;
}

}  // namespace backshelf
