#include "engine/catalog/state_store.h"

#include <chrono>
#include <thread>

#include "engine/base/error.h"
#include "engine/base/guarded.h"
#include "engine/crypto/hash.h"
#include "engine/disk/file.h"
#include "engine/disk/staged_file.h"

namespace backshelf {
namespace {

constexpr std::size_t kStateBytes = 64 * kMiB;  // some 100,000 backups; a bound for a damaged file
constexpr std::size_t kInstallationBytes = 16;
constexpr std::chrono::seconds kLockPatience(10);  // who holds it writes one small file
constexpr std::chrono::milliseconds kLockLook(5);
constexpr unsigned kMaxDamagedFiles = 9;

// Tells whether the file is still the one that was read: replaced files differ in one of these.
struct Stamp {
  std::uint64_t inode = 0, size = 0;
  Timestamp changed;
  friend bool operator==(const Stamp&, const Stamp&) = default;
};

struct Content {
  Json json = Json::object();
  std::string written;  // what the file says
  Stamp stamp;
  bool unsaved = false;
  std::optional<Error> unreadable;  // the file is there, and nobody knows what it says
  std::string trouble, damage;
};

Json parse_state(ByteView bytes) {
  Json json = parse_json(bytes, {.bytes = kStateBytes, .values = 10'000'000});
  if (json.is_object()) return json;
  throw Error(ErrorKind::kDamaged, "the state", "it is no JSON object");
}

std::string new_installation() {
  ByteVec bytes(kInstallationBytes);
  random_bytes(bytes);
  return to_hex(bytes);
}

class MemoryState final : public StateStore {
 public:
  [[nodiscard]] Json read() const override {
    return json_.with([](const Json& json) { return json; });
  }
  [[nodiscard]] Json member(std::string_view key) const override {
    return json_.with([key](const Json& json) { return json[key]; });
  }
  void update(const std::function<void(Json&)>& change) override {
    json_.with([&](Json& json) {
      Json next = json.is_object() ? json : Json::object();
      change(next);
      json = std::move(next);
    });
  }
  [[nodiscard]] bool saved() const override { return true; }
  [[nodiscard]] bool persistent() const override { return false; }
  [[nodiscard]] const std::string& directory() const override { return directory_; }
  [[nodiscard]] std::string problem() const override { return {}; }
  [[nodiscard]] std::string installation() override { return installation_; }

 private:
  const std::string directory_, installation_ = new_installation();
  Guarded<Json> json_{Json::object()};
};

class FileState final : public StateStore {
 public:
  explicit FileState(const std::string& directory)
      : directory_(directory), path_(concat(directory, "/state.json")) {
    content_.with([this](Content& content) {
      try {
        make_directories(directory_, 0700);
      } catch (const Error& error) {  // isolation: the state is then kept in memory
        content.trouble = error.what();
      }
      const auto lock = take_lock(content);
      if (lock) remove_leftovers();
      load(content, /*own=*/lock.has_value());
    });
  }

  [[nodiscard]] Json read() const override {
    return content_.with([this](Content& content) {
      load(content, /*own=*/false);
      return content.json;
    });
  }

  [[nodiscard]] Json member(std::string_view key) const override {
    return content_.with([&](Content& content) {
      load(content, /*own=*/false);
      return content.json[key];
    });
  }

  void update(const std::function<void(Json&)>& change) override {
    content_.with([&](Content& content) {
      const auto lock = take_lock(content);
      load(content, /*own=*/lock.has_value());
      if (content.unreadable) throw Error(*content.unreadable);
      Json next = content.json;
      change(next);
      std::string text = print_json(next, 1);
      content.json = std::move(next);
      content.unsaved = text != content.written;
      if (!content.unsaved) return;
      if (lock) save(content, std::move(text));
    });
  }

  [[nodiscard]] bool saved() const override {
    return content_.with([](const Content& content) { return !content.unsaved; });
  }
  [[nodiscard]] bool persistent() const override { return true; }
  [[nodiscard]] const std::string& directory() const override { return directory_; }
  [[nodiscard]] std::string problem() const override {
    return content_.with([](const Content& content) {
      if (content.unreadable) return std::string(content.unreadable->what());
      return content.trouble.empty() ? content.damage : content.trouble;
    });
  }

  [[nodiscard]] std::string installation() override {
    std::string id = member("installation").text_or("");
    if (id.empty()) {
      update([&](Json& state) {
        id = state["installation"].text_or("");
        if (id.empty()) id = kept_installation();
        if (id.empty()) id = new_installation();
        state.set("installation", id);
      });
    }
    keep_installation(id);
    return id;
  }

 private:
  // Beside the state, so that backups are known as ours when the state itself was lost.
  [[nodiscard]] std::string installation_path() const {
    return concat(directory_, "/installation");
  }
  [[nodiscard]] std::string kept_installation() const {
    try {
      if (!find_status(installation_path())) return {};
      const ByteVec bytes = read_file(installation_path(), 2 * kInstallationBytes);
      const std::string id(as_text(bytes));
      const bool hex = id.find_first_not_of("0123456789abcdef") == std::string::npos;
      return hex && id.size() == 2 * kInstallationBytes ? id : std::string();
    } catch (const Error&) {  // isolation: a new one does as well
      return {};
    }
  }
  void keep_installation(const std::string& id) const {
    try {
      if (find_status(installation_path())) return;
      write_file(installation_path(), as_bytes(id), 0600, AtomicFile::Existing::kReplace);
    } catch (const Error&) {  // isolation: the state itself holds it
    }
  }

  [[nodiscard]] std::optional<Stamp> stamp_now() const {
    const auto status = find_status(path_);
    if (!status) return std::nullopt;
    return Stamp{status->st_ino,
                 static_cast<std::uint64_t>(status->st_size),
                 {status->st_ctim.tv_sec, static_cast<std::uint32_t>(status->st_ctim.tv_nsec)}};
  }

  // nullopt when the directory cannot be written at all.
  [[nodiscard]] std::optional<FileLock> take_lock(Content& content) const {
    const auto end = std::chrono::steady_clock::now() + kLockPatience;
    try {
      for (;;) {
        if (auto lock = FileLock::try_take(concat(directory_, "/state.lock"))) return lock;
        if (std::chrono::steady_clock::now() > end) {
          throw Error(ErrorKind::kBusy, concat("locking ", path_), "another process holds it",
                      "end the other backshelf process");
        }
        std::this_thread::sleep_for(kLockLook);
      }
    } catch (const Error& error) {  // isolation: the state is then kept in memory
      if (error.kind() == ErrorKind::kBusy) throw;
      content.trouble = error.what();
      return std::nullopt;
    }
  }

  // What other processes wrote, unless we hold changes that could not be written yet: then ours.
  void load(Content& content, bool own) const {
    if (content.unsaved) return;
    try {
      const auto stamp = stamp_now();
      content.unreadable.reset();
      if (!stamp || *stamp == content.stamp) return;
      const ByteVec bytes = read_file(path_, kStateBytes);
      content.json = parse_state(bytes);
      content.written = as_text(bytes);
      content.stamp = *stamp;
    } catch (const Error& error) {  // isolation: a damaged state must not keep backups from view
      const bool damaged =
          error.kind() == ErrorKind::kDamaged || error.kind() == ErrorKind::kInvalid;
      if (damaged && own) {
        keep_damaged(content, error);
      } else {
        content.unreadable = error.in("the state");
      }
    }
  }

  void keep_damaged(Content& content, const Error& error) const {
    content.damage = concat("the state was damaged and begun anew: ", error.why());
    try {
      content.damage += concat(" (the old one is ", put_aside(), ")");
    } catch (const Error& failed) {  // isolation: the next save replaces it
      content.trouble = failed.what();
    }
  }

  [[nodiscard]] std::string put_aside() const {
    for (unsigned number = 1; number <= kMaxDamagedFiles; ++number) {
      const std::string aside = concat(path_, ".damaged", number == 1 ? "" : concat("-", number));
      if (find_status(aside)) continue;
      rename_no_replace(path_, aside);
      return aside;
    }
    throw Error(ErrorKind::kExists, concat("putting ", path_, " aside"),
                "there are too many damaged ones already", "look at them and remove them");
  }

  // Of killed processes: who still writes holds the lock of the state, or that of the file.
  void remove_leftovers() const {
    try {
      for (const DirectoryEntry& entry : list_directory(directory_)) {
        const auto is_of = [&entry](std::string_view file) {
          return entry.name.starts_with(concat(".", file, "."));
        };
        const bool ours = is_of("state.json") || is_of("status.json") || is_of("headers.json");
        if (!ours || !entry.name.ends_with(".tmp")) continue;
        (void)remove_if_unlocked(concat(directory_, "/", entry.name));
      }
    } catch (const Error&) {  // isolation: they only take a little space
    }
  }

  void save(Content& content, std::string text) const {
    try {
      write_file(path_, as_bytes(text), 0600, AtomicFile::Existing::kReplace);
      content.stamp = stamp_now().value_or(Stamp{});
      content.written = std::move(text);
      content.unsaved = false;
      content.trouble.clear();
    } catch (const Error& error) {  // isolation: a delete must work on a full disk
      content.trouble = error.what();
    }
  }

  const std::string directory_, path_;
  mutable Guarded<Content> content_;
};

}  // namespace

std::unique_ptr<StateStore> StateStore::open(const std::string& directory) {
  if (directory.empty()) return std::make_unique<MemoryState>();
  return std::make_unique<FileState>(directory);
}

}  // namespace backshelf
