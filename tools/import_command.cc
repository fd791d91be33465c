#include <algorithm>

#include "engine/base/error.h"
#include "engine/config/config.h"
#include "engine/disk/file.h"
#include "engine/job/put_archive.h"
#include "engine/location/object_names.h"
#include "fs/upload_check.h"
#include "tools/commands.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

constexpr std::string_view kTo = "to=";

struct ImportWords {
  std::string file;
  std::vector<std::string> to;
};

std::vector<std::string> split_names(const std::vector<std::string>& words) {
  std::vector<std::string> names;
  for (const std::string& word : words) {
    if (!word.starts_with(kTo) || word.size() == kTo.size()) {
      throw Error(ErrorKind::kUsage, concat("import: '", word, "'"), "it is no to=LOCATION",
                  "type: backshelf import FILE to=local,nas");
    }
    std::string_view rest = std::string_view(word).substr(kTo.size());
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      if (end > 0) names.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return names;
}

// As a backup's: the automatic ones, else all that can be written to.
std::vector<std::shared_ptr<Location>> choose_places(Workbench& bench,
                                                     std::vector<std::string> names) {
  Catalog& catalog = bench.catalog();
  if (names.empty()) names = bench.config().automatic.locations;
  std::vector<std::shared_ptr<Location>> places;
  if (names.empty()) {
    for (const auto& place : catalog.locations()) {
      if (!place->read_only()) places.push_back(place);
    }
  }
  for (const std::string& name : names) {
    const auto place = catalog.location(name);
    if (!place) {
      throw Error(ErrorKind::kUsage, concat("the location ", name), "it is not configured",
                  "see: backshelf status");
    }
    if (std::find(places.begin(), places.end(), place) == places.end()) places.push_back(place);
  }
  if (!places.empty()) return places;
  throw Error(ErrorKind::kReadOnly, "import", "no location can be written to",
              "add a [location] to the configuration");
}

class Import {
 public:
  Import(const Registry& registry, const std::string& path)
      : registry_(registry), path_(path), name_(path.substr(path.rfind('/') + 1)) {}

  void check() {
    if (!is_archive_name(name_)) {
      throw Error(ErrorKind::kUsage, path_, "it cannot be the name of an archive",
                  "give a file that ends in .tar and does not begin with a dot");
    }
    archive_ = registry_.bench.open_file(path_);
    try {
      require_whole(*archive_);
    } catch (const Error& error) {  // cleanup: the same, for the command line
      throw Error(ErrorKind::kNotABackup, path_, error.why(), "import a whole backup");
    }
    source_ = std::make_unique<FileSource>(path_);
  }

  void put(const std::shared_ptr<Location>& place) {
    try {
      put_into(*place);
    } catch (const Error& error) {  // isolation: one location of several
      if (error.kind() == ErrorKind::kInterrupted) throw;
      if (first_) print_error(first_->what());
      first_ = error;
    }
  }

  int finish() {
    if (!first_) return 0;
    if (!done_) throw Error(*first_);
    throw Error(ErrorKind::kPartial, concat("import ", path_), first_->what());
  }

 private:
  void put_into(Location& place) {
    Catalog& catalog = registry_.bench.catalog();
    if (place.find(name_)) {
      if (is_same(*place.open(name_))) {
        return say(concat("it is already in ", place.name(), "\n"));
      }
      throw Error(ErrorKind::kExists, concat("location ", place.name()),
                  concat("it already has another archive ", name_),
                  "rename the file, then import it");
    }
    {
      ProgressLine line(registry_.bench.options().quiet);
      const auto told = [&](std::uint64_t done) {
        line.show(concat("to ", place.name()), done, source_->size());
      };
      (void)put_archive(*source_, place, name_, told, registry_.stop);
    }
    done_ = true;
    const BackupPtr made = catalog.adopt(place.name(), name_, /*uploaded=*/true,
                                         /*automatic=*/false);
    say(concat("imported ", shown_name(made->folder), " into ", place.name(),
               ": not verified yet\n"));
    for (const BackupPtr& other : catalog.shelf()->backups) {
      const bool copy = other->name == made->name && other->object.size == made->object.size;
      if (other->slug.empty() || other->slug != made->slug || copy) continue;
      say(concat("another backup has the same slug ", made->slug, ": ", shown_name(other->folder),
                 "\n"));
    }
  }

  // Byte for byte: no name or number makes two archives one.
  [[nodiscard]] bool is_same(const RandomSource& other) const {
    if (other.size() != source_->size()) return false;
    constexpr std::size_t kPiece = kMiB;
    ByteVec mine(kPiece), theirs(kPiece);
    for (std::uint64_t at = 0; at < other.size(); at += kPiece) {
      const std::size_t got = source_->read_at(at, mine);
      if (other.read_at(at, theirs) != got) return false;
      if (!std::equal(mine.begin(), mine.begin() + static_cast<std::ptrdiff_t>(got),
                      theirs.begin())) {
        return false;
      }
    }
    return true;
  }
  void say(const std::string& text) {
    done_ = true;
    if (!registry_.bench.options().quiet) print(text);
  }

  const Registry& registry_;
  const std::string path_, name_;
  std::shared_ptr<Archive> archive_;
  std::unique_ptr<FileSource> source_;
  std::optional<Error> first_;
  bool done_ = false;
};

int run(const Registry& registry, const ImportWords& words) {
  const auto places = choose_places(registry.bench, split_names(words.to));
  Import import(registry, words.file);
  import.check();
  for (const auto& place : places) import.put(place);
  return import.finish();
}

}  // namespace

void add_import_command(const Registry& registry) {
  auto words = std::make_shared<ImportWords>();
  const ArgumentParser command = registry.program.command(
      "import", "Add an archive from elsewhere: FILE [to=LOCATION,…]; retention never counts it");
  command.word("file", words->file, "A backup's .tar", Presence::kRequired);
  command.words("words", words->to, "to=LOCATION,…: where to; default as for backup");
  command.when_chosen(
      [registry, words] { registry.chosen = [registry, words] { return run(registry, *words); }; });
}

}  // namespace backshelf
