#include <algorithm>

#include "engine/base/error.h"
#include "engine/catalog/catalog_impl.h"

namespace backshelf {
namespace {

constexpr std::string_view kLatest = "latest";

std::string quoted_list(const std::vector<BackupPtr>& backups) {
  std::string text;
  for (const BackupPtr& backup : backups) {
    text += concat(text.empty() ? "" : ", ", "'", backup->folder, "'");
  }
  return text;
}

}  // namespace

BackupPtr ShelfCatalog::resolve(std::string_view word) {
  const auto now = shelf();
  const BackupPtr named = now->find(word);
  if (named && !named->growing) return named;
  std::vector<BackupPtr> same_slug;
  for (const BackupPtr& backup : now->backups) {
    if (!word.empty() && backup->slug == word && !backup->growing) same_slug.push_back(backup);
  }
  if (same_slug.size() == 1) return same_slug.front();
  if (same_slug.size() > 1) {
    throw Error(ErrorKind::kUsage, concat("backup '", word, "'"),
                concat("several backups have this slug: ", quoted_list(same_slug)),
                "name the folder");
  }
  if (word == kLatest) return newest_that_opens();
  if (named) {
    throw Error(ErrorKind::kBusy, concat("backup '", word, "'"), "it is still being written",
                "wait until it is complete");
  }
  throw Error(ErrorKind::kNotFound, concat("backup '", word, "'"), "there is no such backup",
              "see: backshelf list");
}

BackupPtr ShelfCatalog::newest_that_opens() {
  std::vector<BackupPtr> backups = shelf()->backups;
  std::stable_sort(backups.begin(), backups.end(), [](const BackupPtr& a, const BackupPtr& b) {
    return to_instant(a->when) > to_instant(b->when);
  });
  std::optional<std::string> problem;
  State state = State::kOk;
  for (const BackupPtr& backup : backups) {
    if (backup->growing) continue;
    std::string why;
    try {
      const auto archive = open(*backup);
      archive->check();
      remember(*backup, *archive, std::nullopt);
      if (archive->state() == State::kOk) return backup;
      state = problem ? state : archive->state();
      why = archive->problem();
    } catch (const Error& error) {  // isolation: one archive
      if (error.kind() == ErrorKind::kInterrupted) throw;
      why = error.what();
    }
    if (!problem) problem = concat("the newest, '", backup->folder, "': ", why);
  }
  const bool wants_key = state == State::kNeedsKey || state == State::kWrongKey;
  if (!problem) {
    throw Error(ErrorKind::kNotFound, "latest", "there is no backup yet",
                "make one: backshelf backup");
  }
  throw Error(!wants_key                  ? ErrorKind::kNotFound
              : state == State::kNeedsKey ? ErrorKind::kNeedsKey
                                          : ErrorKind::kWrongKey,
              "latest", concat("no backup opens; ", *problem), "see: backshelf list --check");
}

std::optional<std::string> ShelfCatalog::refusal(const Backup& backup) const {
  const BackupPtr now = shelf()->by_slot(backup.slot);
  const Backup& facts = now ? *now : backup;
  if (facts.pinned) {
    return concat("it is pinned; `backshelf unpin '", facts.folder, "'` ends that");
  }
  if (!facts.protects) return std::nullopt;
  const std::string override_text =
      concat("`backshelf delete '", facts.folder, "' force` on the command line overrides");
  if (facts.good) return concat("it is the last good backup; ", override_text);
  return concat("no backup is known to be good, and this is the last that can stand in for the ",
                "last good one; `backshelf verify all` finds out, ", override_text);
}

}  // namespace backshelf
