#include "engine/job/last_backup.h"

namespace backshelf {

Json print_last_backup(const LastBackup& last) {
  Json skipped = Json::array();
  for (const std::string& line : last.skipped) skipped.push(line);
  Json locations = Json::array();
  for (const LastBackup::Place& place : last.locations) {
    Json row = Json::object();
    row.set("location", place.location).set("ok", place.ok).set("problem", place.problem);
    locations.push(std::move(row));
  }
  Json json = Json::object();
  json.set("folder", last.folder).set("date", to_rfc3339(last.date)).set("ok", last.ok);
  json.set("problem", last.problem).set("skipped", std::move(skipped));
  json.set("locations", std::move(locations));
  return json;
}

std::optional<LastBackup> parse_last_backup(const Json& json) {
  const std::optional<Instant> date = parse_iso8601(json["date"].text_or({}));
  if (!date) return std::nullopt;
  LastBackup last;
  last.folder = json["folder"].text_or({});
  last.date = *date;
  last.ok = json["ok"].bool_or(false);
  last.problem = json["problem"].text_or({});
  for (const Json& line : json["skipped"].items()) last.skipped.push_back(line.text_or({}));
  for (const Json& row : json["locations"].items()) {
    last.locations.push_back(
        {row["location"].text_or({}), row["ok"].bool_or(false), row["problem"].text_or({})});
  }
  return last;
}

std::vector<std::string> skipped_lines(const std::vector<Skipped>& skipped) {
  std::vector<std::string> lines;
  for (const Skipped& one : skipped) {
    if (lines.size() == kMaxSkippedKept) {
      lines.push_back(concat("and ", skipped.size() - kMaxSkippedKept, " more"));
      break;
    }
    lines.push_back(concat(one.path, ": ", one.reason));
  }
  return lines;
}

}  // namespace backshelf
