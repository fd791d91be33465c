#include "engine/control/estimate_text.h"

#include "engine/control/shown_text.h"

namespace backshelf {
namespace {

// A home of some 500 entities writes about half of it; more comes from a few that change too often.
constexpr std::uint64_t kLargePerDay = 200 * kMiB;
constexpr std::uint64_t kWorthRepacking = 100 * kMiB;

std::string parts_text(const HomeEstimate& estimate) {
  std::vector<TableRow> rows;
  for (const PartEstimate& part : estimate.parts) {
    rows.push_back({visible_text(part.part), concat(part.files, " files"), shown_size(part.bytes)});
  }
  rows.push_back({"together", concat(estimate.files, " files"), shown_size(estimate.bytes)});
  return table_text(rows, {1, 2}, "  ");
}

std::string recorder_text(const HomeEstimate& estimate) {
  if (estimate.database_bytes == 0) return {};
  const int days = estimate.recorder.keep_days.value_or(kDefaultKeepDays);
  const std::uint64_t per_day = estimate.database_bytes / static_cast<std::uint64_t>(days);
  std::string text = concat("The recorder's database: ", shown_size(estimate.database_bytes), ", ",
                            shown_size(per_day), " for each of ", days, " days (purge_keep_days");
  text += estimate.recorder.keep_days
              ? " in configuration.yaml).\n"
              : " is not set in configuration.yaml: Home Assistant's default).\n";
  if (per_day > kLargePerDay) {
    text +=
        "  That is large: let the recorder leave out what changes often, keep fewer days, or "
        "back up with database=exclude.\n";
  }
  if (estimate.recorder.unused_bytes > kWorthRepacking) {
    text += concat("  ", shown_size(estimate.recorder.unused_bytes),
                   " of it are unused: Home Assistant's action recorder.purge with repack gives "
                   "them back.\n");
  }
  return text;
}

std::string archive_text(const HomeEstimate& estimate) {
  if (!estimate.archive_bytes) {
    return concat("Expected archive: unknown before the first backup, at most about ",
                  shown_size(estimate.bytes), ".\n");
  }
  return concat("Expected archive: about ", shown_size(*estimate.archive_bytes),
                estimate.by_same_parts ? ", as the last backup of these parts became.\n"
                                       : ", as the last backup, of other parts, became.\n");
}

std::string place_text(const HomeEstimate& estimate, const HomeEstimate::Place& place) {
  const std::string start = concat("Location ", visible_text(place.location), ": ");
  if (!place.problem.empty()) return concat(start, visible_text(place.problem), ".\n");
  const std::uint64_t needed = estimate.archive_bytes.value_or(estimate.bytes);
  const char* const fits = needed <= place.space.free_bytes ? "it fits"
                           : estimate.archive_bytes         ? "it does not fit"
                                                            : "it may not fit";
  return concat(start, shown_size(place.space.free_bytes), " free of ",
                shown_size(place.space.total_bytes), ": ", fits, ".\n");
}

}  // namespace

std::string estimate_text(const HomeEstimate& estimate) {
  std::string text = concat("A backup would hold:\n", parts_text(estimate));
  text += recorder_text(estimate) + archive_text(estimate);
  for (const HomeEstimate::Place& place : estimate.places) text += place_text(estimate, place);
  for (const Skipped& problem : estimate.problems) {
    text += concat("Not stored: ", visible_text(problem.path), ": ", visible_text(problem.reason),
                   "\n");
  }
  return text;
}

}  // namespace backshelf
