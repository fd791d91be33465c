#include "engine/catalog/catalog.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/catalog/catalog_impl.h"

namespace backshelf {
namespace {

bool same_member(const MemberInfo& a, const MemberInfo& b) {
  return a.member == b.member && a.folder == b.folder && a.size == b.size && a.state == b.state &&
         a.problem == b.problem && a.authenticated == b.authenticated && a.gzip == b.gzip &&
         a.zstd == b.zstd && a.securetar == b.securetar;
}

// Slot and identity stand for everything that follows from the bytes.
bool same_backup(const Backup& a, const Backup& b) {
  return a.slot == b.slot && a.folder == b.folder && a.location == b.location &&
         a.object == b.object && a.state == b.state && a.problem == b.problem &&
         a.verified == b.verified && a.pinned == b.pinned && a.good == b.good &&
         a.uploaded == b.uploaded && a.automatic == b.automatic && a.protects == b.protects &&
         a.growing == b.growing && a.away == b.away && a.slug == b.slug &&
         std::equal(a.members.begin(), a.members.end(), b.members.begin(), b.members.end(),
                    same_member);
}

// Those of `backups` that have a folder and none on the other shelf.
std::vector<BackupPtr> folders_missing(const Shelf& other, const std::vector<BackupPtr>& backups) {
  std::map<std::uint32_t, BackupPtr> there;
  for (const BackupPtr& backup : other.backups) there.emplace(backup->slot, backup);
  std::vector<BackupPtr> missing;
  for (const BackupPtr& backup : backups) {
    const auto at = there.find(backup->slot);
    const bool same =
        at != there.end() && !at->second->growing && at->second->folder == backup->folder;
    if (!backup->growing && !same) missing.push_back(backup);
  }
  return missing;
}

}  // namespace

ShelfCatalog::ShelfCatalog(Parts parts)
    : parts_(std::move(parts)), shelf_(std::make_shared<const Shelf>()) {}

ShelfCatalog::~ShelfCatalog() = default;

std::shared_ptr<const Shelf> ShelfCatalog::shelf() const {
  return shelf_.with([](const std::shared_ptr<const Shelf>& shelf) { return shelf; });
}

bool ShelfCatalog::refresh() {
  const bool changed = rebuild(Disk::kLook);
  return finish_delayed() ? rebuild(Disk::kLook) || changed : changed;
}

bool ShelfCatalog::rebuild(Disk disk) {
  std::shared_ptr<const Shelf> before, after;
  look_.with([&](Look& look) {
    before = shelf();
    if (disk == Disk::kLook) {
      list_locations(look);
      read_new_headers(look);
    }
    after = build(look);
    if (after) shelf_.with([&](std::shared_ptr<const Shelf>& shelf) { shelf = after; });
  });
  if (!after) return false;
  std::set<std::uint32_t> slots;
  for (const BackupPtr& backup : after->backups) slots.insert(backup->slot);
  opened_.keep_only(slots);
  tell(*before, *after);
  return true;
}

void ShelfCatalog::list_locations(Look& look) {
  std::vector<Found> found;
  std::vector<std::string> away;
  std::map<std::string, std::string, std::less<>> reasons;
  for (const auto& location : parts_.locations) {
    std::vector<Found> here;
    try {
      for (ObjectInfo& object : location->list()) {
        here.push_back({.location = location->name(), .object = std::move(object)});
      }
    } catch (const Error& error) {  // isolation: one location of several
      const auto& before = look.away;
      if (std::find(before.begin(), before.end(), location->name()) == before.end()) {
        parts_.log.warning(concat("location ", location->name(), ": ", error.what()));
      }
      away.push_back(location->name());
      reasons[location->name()] = error.what();
      for (const Found& known : look.found) {
        if (known.location == location->name()) here.push_back(known);
      }
      if (here.empty()) here = saved_objects(*location);
    }
    std::sort(here.begin(), here.end(),
              [](const Found& a, const Found& b) { return a.object.name < b.object.name; });
    found.insert(found.end(), here.begin(), here.end());
  }
  look.found = std::move(found);
  look.away = std::move(away);
  away_.with([&](auto& known) { known = std::move(reasons); });
}

void ShelfCatalog::read_new_headers(Look& look) {
  if (!std::exchange(look.loaded, true)) look.facts = load_headers(parts_.state);
  KnownHeaders facts;
  bool learned = false;
  for (const Found& found : look.found) {
    const FileKey key(found.location, found.object.name);
    const auto known = look.facts.find(key);
    const bool current = known != look.facts.end() && !known->second.failed &&
                         known->second.identity == found.object.identity;
    const auto& now = facts.emplace(key, current ? std::move(known->second) : look_inside(found));
    learned = learned || (!current && is_worth_keeping(now.first->second));
  }
  // A disk that comes back later is not looked through anew.
  const auto is_away = [&](const std::string& name) {
    return std::find(look.away.begin(), look.away.end(), name) != look.away.end();
  };
  for (auto& [key, known] : look.facts) {
    if (is_away(key.first)) facts.emplace(key, std::move(known));
  }
  look.facts = std::move(facts);
  if (learned) save_headers(parts_.state, look.facts);
}

HeaderFacts ShelfCatalog::look_inside(const Found& found) {
  try {
    auto bytes = location(found.location)->open(found.object.name);
    const auto archive = Archive::open(std::move(bytes), found.object.name, parts_.tools);
    return read_headers(*archive, found.object.identity);
  } catch (const Error& error) {  // isolation: one archive
    HeaderFacts facts;
    facts.identity = found.object.identity;
    facts.problem = error.what();
    facts.failed = true;
    return facts;
  }
}

Records ShelfCatalog::settled_records(const Look& look) {
  const Instant now = parts_.clock.now();
  Records records = Records::parse(parts_.state.read());
  if (!records.settle(look.found, look.away, now)) return records;
  // Another process may do the same at this moment: what counts is the state under its lock.
  change_state([&](Json& state) {
    records = Records::parse(state);
    (void)records.settle(look.found, look.away, now);
    records.print_into(state);
  });
  return records;
}

void ShelfCatalog::mark_growing(Look& look, Instant now) {
  for (Found& found : look.found) {
    const auto facts = look.facts.find({found.location, found.object.name});
    found.growing = facts != look.facts.end() && is_growing(found.object, facts->second, now);
  }
}

// Null when nothing changed.
std::shared_ptr<const Shelf> ShelfCatalog::build(Look& look) {
  const Instant now = parts_.clock.now();
  mark_growing(look, now);
  const Records records = settled_records(look);
  const std::string installation = parts_.state.member("installation").text_or("");
  std::vector<BackupPtr> backups;
  for (const Found& found : look.found) {
    const Record* record = records.find(found.location, found.object.name);
    const auto facts = look.facts.find({found.location, found.object.name});
    if (record == nullptr || facts == look.facts.end() || records.is_delayed(found)) continue;
    const auto& away = look.away;
    const bool is_away = std::find(away.begin(), away.end(), found.location) != away.end();
    backups.push_back(make_backup(found, facts->second, *record, installation, now, is_away));
  }
  auto next = std::make_shared<Shelf>();
  next->backups = finish_shelf(std::move(backups), records.made_good);
  next->index_slots();
  const auto before = shelf();
  next->version = before->version + 1;
  const bool same = std::equal(
      before->backups.begin(), before->backups.end(), next->backups.begin(), next->backups.end(),
      [](const BackupPtr& a, const BackupPtr& b) { return same_backup(*a, *b); });
  return same ? nullptr : next;
}

void ShelfCatalog::on_change(std::function<void(const Change&)> call) {
  listeners_.with([&](auto& listeners) { listeners.push_back(std::move(call)); });
}

void ShelfCatalog::tell(const Shelf& before, const Shelf& after) {
  const Change change{.added = folders_missing(before, after.backups),
                      .removed = folders_missing(after, before.backups)};
  const auto listeners = listeners_.with([](const auto& all) { return all; });
  for (const auto& call : listeners) call(change);
}

void ShelfCatalog::start_watching() {
  const std::string state = parts_.state.persistent() ? parts_.state.directory() : "";
  const auto is_growing_one = [](const BackupPtr& backup) { return backup->growing; };
  watcher_ = std::make_unique<Watcher>(
      parts_.locations, state, parts_.poll,
      Watcher::Calls{.look = [this] { return look_around(); },
                     .is_settling =
                         [this, is_growing_one] {
                           const auto now = shelf();
                           return std::any_of(now->backups.begin(), now->backups.end(),
                                              is_growing_one);
                         },
                     .failed = [this](const std::string& why) { parts_.log.error(why); }});
}

bool ShelfCatalog::look_around() {
  const unsigned before = state_changes_;
  try {
    (void)refresh();
    expire_deleted();
  } catch (const std::exception& error) {  // isolation: the next look may succeed
    parts_.log.error(error.what());
  }
  return state_changes_ != before;
}

std::shared_ptr<Archive> ShelfCatalog::open(const Backup& backup) {
  return opened_.get(backup.slot, [&] { return open_file(backup); });
}

std::vector<Catalog::Opening> ShelfCatalog::opening() const {
  std::vector<Opening> all;
  const std::shared_ptr<const Shelf> now = shelf();
  for (const auto& [slot, archive] : opened_.all()) {
    const auto pass = archive->opening();
    const BackupPtr backup = pass ? now->by_slot(slot) : nullptr;
    if (!backup) continue;
    all.push_back({.folder = backup->folder,
                   .member = std::string(pass->member),
                   .done_bytes = pass->done_bytes,
                   .total_bytes = pass->total_bytes});
  }
  return all;
}

std::shared_ptr<Archive> ShelfCatalog::open_file(const Backup& backup) {
  const auto place = location(backup.location);
  if (place == nullptr) {
    throw Error(ErrorKind::kNotFound, concat("opening ", backup.folder),
                concat("its location ", backup.location, " is not configured any more"));
  }
  auto bytes = open_object(*place, backup.object.name);
  const auto now = place->find(backup.object.name);
  if (!now || now->size != backup.object.size || now->mtime != backup.object.mtime) {
    throw Error(ErrorKind::kNotFound, concat("opening ", backup.folder),
                "its archive was replaced a moment ago", "look again");
  }
  return Archive::open(std::move(bytes), backup.object.name, parts_.tools);
}

const std::vector<std::shared_ptr<Location>>& ShelfCatalog::locations() const {
  return parts_.locations;
}

std::shared_ptr<Location> ShelfCatalog::location(std::string_view name) const {
  for (const auto& location : parts_.locations) {
    if (location->name() == name) return location;
  }
  return nullptr;
}

std::unique_ptr<Catalog> Catalog::make(Parts parts) {
  return std::make_unique<ShelfCatalog>(std::move(parts));
}

}  // namespace backshelf
