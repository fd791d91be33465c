#include "engine/archive/sidecars.h"

#include <algorithm>
#include <vector>

#include "engine/crypto/hash.h"
#include "engine/disk/staged_file.h"

namespace backshelf {
namespace {

constexpr std::string_view kSuffix = ".sidecar";
constexpr std::string_view kTemporarySuffix = ".tmp";
constexpr mode_t kDirectoryMode = 0700, kFileMode = 0600;

struct StoredFile {
  std::string path;
  Timestamp used;
  std::uint64_t size = 0;
};

bool is_older(const StoredFile& a, const StoredFile& b) {
  return std::pair(a.used.seconds, a.used.nanoseconds) <
         std::pair(b.used.seconds, b.used.nanoseconds);
}

std::string random_name() {
  std::array<std::byte, 8> token{};
  random_bytes(token);
  return concat(".", to_hex(token), kTemporarySuffix);
}

}  // namespace

std::string Sidecars::path_of(const std::string& name) const {
  return concat(directory_, "/", name, kSuffix);
}

std::shared_ptr<const RandomSource> Sidecars::find(const std::string& name) {
  if (limit_ == 0) return nullptr;
  const std::string path = path_of(name);
  try {
    if (!find_status(path)) return nullptr;
    auto file = FileSource::open_no_link(path);
    try {
      touch_file(path);
    } catch (const Error&) {  // isolation: it is read all the same
    }
    return file;
  } catch (const Error& error) {  // isolation: it only saves time
    complain(error);
    return nullptr;
  }
}

void Sidecars::store(const std::string& name, const Write& write) {
  if (limit_ == 0) return;
  try {
    make_directories(directory_, kDirectoryMode);
    AtomicFile file(directory_, random_name(), kFileMode);
    write(file);
    if (file.written() > limit_) return;
    file.commit(concat(name, kSuffix), AtomicFile::Existing::kReplace);
    make_room();
  } catch (const Error& error) {  // isolation: it only saves time
    complain(error);
  }
}

void Sidecars::drop(const std::string& name) {
  try {
    (void)remove_file_if_present(path_of(name));
  } catch (const Error& error) {  // isolation: it only saves time
    complain(error);
  }
}

// Also removes what a crash left: a temporary file that no process has locked.
void Sidecars::make_room() {
  std::vector<StoredFile> files;
  std::uint64_t sum = 0;
  for (const DirectoryEntry& entry : list_directory(directory_)) {
    if (!S_ISREG(entry.status.st_mode)) continue;
    const std::string path = concat(directory_, "/", entry.name);
    if (entry.name.ends_with(kTemporarySuffix)) (void)remove_if_unlocked(path);
    if (!entry.name.ends_with(kSuffix)) continue;
    files.push_back(
        {path, mtime_of(entry.status), static_cast<std::uint64_t>(entry.status.st_size)});
    sum += files.back().size;
  }
  std::sort(files.begin(), files.end(), is_older);
  for (const StoredFile& file : files) {
    if (sum <= limit_) return;
    (void)remove_file_if_present(file.path);
    sum -= file.size;
  }
}

void Sidecars::complain(const Error& error) {
  const bool first =
      complained_.with([](bool& complained) { return !std::exchange(complained, true); });
  if (first) {
    log_.warning(
        concat("opening archives again will take as long as the first time: ", error.what()));
  }
}

}  // namespace backshelf
