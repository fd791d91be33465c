#include "fs/uploads.h"

#include <map>

#include "engine/base/error.h"
#include "fs/upload_check.h"
#include "fs/upload_entry.h"

namespace backshelf {
namespace {

constexpr auto kPatience = std::chrono::minutes(10);
constexpr std::size_t kMaxUploads = 64;  // each holds a descriptor and perhaps disk space

class UploadsImpl final : public Uploads {
 public:
  explicit UploadsImpl(Parts parts) : parts_(parts) {}

  UploadInfo create(const std::string& place, const std::string& name) override {
    require_accepted(name);
    const std::shared_ptr<Location> location = location_of(place, name);
    refuse_taken(place, location->name(), name);
    auto upload = std::make_shared<Upload>();
    upload->place = place;
    upload->location = location->name();
    upload->state.with([&](Upload::State& state) {
      state.name = name;
      state.handles = 1;
      state.mtime = to_timestamp(parts_.clock.now());
      state.touched = parts_.clock.steady();
      reported(name, [&] { state.object = location->stage("upload"); });
    });
    uploads_.with([&](Table& table) {
      if (table.uploads.size() >= kMaxUploads) {
        throw Error(ErrorKind::kBusy, upload_context(name), "too many uploads are going on");
      }
      upload->id = ++table.last_id;
      table.uploads[upload->id] = upload;
    });
    return info_of(*upload);
  }

  [[nodiscard]] std::optional<UploadInfo> find(const std::string& place,
                                               std::string_view name) const override {
    const UploadPtr upload = staged(place, name);
    if (!upload) return std::nullopt;
    return info_of(*upload);
  }

  [[nodiscard]] std::vector<UploadInfo> list(const std::string& place) const override {
    std::vector<UploadInfo> found;
    for (const UploadPtr& upload : all()) {
      const bool staged =
          upload->state.with([](const Upload::State& state) { return state.object != nullptr; });
      if (staged && upload->place == place) found.push_back(info_of(*upload));
    }
    return found;
  }

  [[nodiscard]] std::optional<UploadInfo> find(std::uint64_t id) const override {
    const UploadPtr upload = by_id(id);
    if (!upload) return std::nullopt;
    return info_of(*upload);
  }

  [[nodiscard]] std::size_t read(std::uint64_t id, std::uint64_t offset,
                                 ByteSpan out) const override {
    return require(id)->state.with([&](const Upload::State& state) -> std::size_t {
      if (state.object) return state.object->read_at(offset, out);
      return state.published ? state.published->read_at(offset, out) : 0;
    });
  }

  void write(std::uint64_t id, std::uint64_t offset, ByteView bytes) override {
    change(id, [&](Upload::State& state) {
      state.object->write_at(offset, bytes);
      if (!state.mtime_given) state.mtime = to_timestamp(parts_.clock.now());
    });
  }

  void truncate(std::uint64_t id, std::uint64_t size) override {
    change(id, [&](Upload::State& state) { state.object->truncate(size); });
  }

  void set_mtime(std::uint64_t id, Timestamp mtime) override {
    require(id)->state.with([&](Upload::State& state) {
      state.mtime = mtime;
      state.mtime_given = true;
      if (state.object) state.object->set_mtime(mtime);
    });
  }

  void opened(std::uint64_t id) override {
    require(id)->state.with([](Upload::State& state) { ++state.handles; });
  }

  void flush(std::uint64_t id) override {
    const UploadPtr upload = require(id);
    const BackupPtr published = upload->state.with([&](Upload::State& state) -> BackupPtr {
      const bool due = state.object && state.changed && state.object->size() > 0;
      if (!due || !is_archive_name(state.name)) return nullptr;
      return publish(*upload, state);
    });
    if (published) verify_later(*published);
  }

  void released(std::uint64_t id) override {
    const UploadPtr upload = by_id(id);
    if (!upload) return;
    const bool over = upload->state.with([&](Upload::State& state) {
      if (state.handles > 0) --state.handles;
      state.touched = parts_.clock.steady();
      if (state.handles > 0) return false;
      return !state.object || (is_archive_name(state.name) && state.object->size() > 0);
    });
    if (over) drop(*upload);
  }

  void rename(const std::string& place, const std::string& from, const std::string& to,
              bool no_replace) override {
    require_accepted(to);
    const UploadPtr upload = staged(place, from);
    if (!upload) throw Error(ErrorKind::kNotFound, upload_context(from), "there is no such upload");
    const UploadPtr other = staged(place, to);
    if (other && !no_replace && other != upload) drop(*other);
    refuse_taken(place, upload->location, to);
    const BackupPtr published = upload->state.with([&](Upload::State& state) -> BackupPtr {
      const std::string before = std::exchange(state.name, to);
      if (!is_archive_name(to) || state.object->size() == 0) return nullptr;
      try {
        return publish(*upload, state);
      } catch (const Error&) {  // cleanup: a refused rename leaves the old name
        state.name = before;
        throw;
      }
    });
    if (published) verify_later(*published);
    if (upload->state.with([](const Upload::State& s) { return !s.object && s.handles == 0; })) {
      drop(*upload);
    }
  }

  void remove(const std::string& place, const std::string& name) override {
    const UploadPtr upload = staged(place, name);
    if (!upload) throw Error(ErrorKind::kNotFound, upload_context(name), "there is no such upload");
    drop(*upload);
  }

  void expire() override {
    const auto now = parts_.clock.steady();
    for (const UploadPtr& upload : all()) {
      const bool stale = upload->state.with([&](const Upload::State& state) {
        return state.handles == 0 && now - state.touched >= kPatience;
      });
      if (stale) drop(*upload);
    }
  }

 private:
  struct Table {
    std::uint64_t last_id = 0;
    std::map<std::uint64_t, UploadPtr> uploads;
  };

  // What fails is told in status too: a copying program shows its user a bare errno.
  template <typename Work>
  void reported(const std::string& name, Work&& work) {
    try {
      work();
    } catch (const Error& error) {  // boundary: told where the person looks next
      parts_.jobs.report("upload", error.in(upload_context(name)));
      throw;
    }
  }

  static void require_accepted(const std::string& name) {
    if (accepts(name)) return;
    throw Error(ErrorKind::kAccess, upload_context(name),
                "only backup archives (*.tar) may be put here");
  }

  [[nodiscard]] std::shared_ptr<Location> location_of(const std::string& place,
                                                      const std::string& name) const {
    if (!place.empty()) {
      auto location = parts_.catalog.location(place);
      if (!location)
        throw Error(ErrorKind::kNotFound, upload_context(name), "there is no such location");
      return location;
    }
    for (const auto& location : parts_.catalog.locations()) {
      if (!location->read_only()) return location;
    }
    throw Error(ErrorKind::kReadOnly, upload_context(name), "no location can be written to");
  }

  void refuse_taken(const std::string& place, const std::string& location,
                    const std::string& name) const {
    if (staged(place, name) || parts_.catalog.shelf()->find_file(location, name)) {
      throw Error(ErrorKind::kExists, upload_context(name), "a file of this name is there already",
                  "copy it under another name");
    }
  }

  template <typename Change>
  void change(std::uint64_t id, Change&& change) {
    require(id)->state.with([&](Upload::State& state) {
      if (!state.object) {
        throw Error(ErrorKind::kExists, upload_context(state.name),
                    "it is complete, and archives never change", "copy it under another name");
      }
      reported(state.name, [&] { change(state); });
      state.changed = true;
      state.touched = parts_.clock.steady();
    });
  }

  [[nodiscard]] BackupPtr publish(const Upload& upload, Upload::State& state) {
    BackupPtr adopted;
    reported(state.name, [&] {
      state.changed = false;
      require_sound(state.object->source(), state.name, parts_.tools);
      if (state.mtime_given) state.object->set_mtime(state.mtime);
      auto bytes = state.object->source();
      (void)state.object->commit(state.name);
      state.object.reset();
      state.published = std::move(bytes);
      adopted = parts_.catalog.adopt(upload.location, state.name, /*uploaded=*/true,
                                     /*automatic=*/false);
    });
    parts_.log.info(concat("uploaded: ", state.name));
    return adopted;
  }

  // Structure and metadata were looked at; the rest takes as long as reading it all.
  void verify_later(const Backup& backup) {
    try {
      parts_.jobs.submit(VerifyCommand{{backup.folder}});
    } catch (const Error& error) {  // isolation: the upload is complete either way
      parts_.log.warning(concat("it is not verified: ", backup.folder, ": ", error.what()));
    }
  }

  void drop(const Upload& upload) {
    const UploadPtr last = uploads_.with([&](Table& table) {
      const auto found = table.uploads.find(upload.id);
      UploadPtr held = found == table.uploads.end() ? nullptr : found->second;
      if (held) table.uploads.erase(found);
      return held;
    });
    if (last) last->state.with([](Upload::State& state) { state.object.reset(); });
  }

  [[nodiscard]] std::vector<UploadPtr> all() const {
    return uploads_.with([](const Table& table) {
      std::vector<UploadPtr> list;
      for (const auto& [id, upload] : table.uploads) list.push_back(upload);
      return list;
    });
  }

  [[nodiscard]] UploadPtr by_id(std::uint64_t id) const {
    return uploads_.with([&](const Table& table) -> UploadPtr {
      const auto found = table.uploads.find(id);
      return found == table.uploads.end() ? nullptr : found->second;
    });
  }

  [[nodiscard]] UploadPtr require(std::uint64_t id) const {
    UploadPtr upload = by_id(id);
    if (!upload) throw Error(ErrorKind::kNotFound, "upload", "it was removed");
    return upload;
  }

  [[nodiscard]] UploadPtr staged(const std::string& place, std::string_view name) const {
    for (const UploadPtr& upload : all()) {
      const bool same = upload->place == place && upload->state.with([&](const Upload::State& s) {
        return s.object != nullptr && s.name == name;
      });
      if (same) return upload;
    }
    return nullptr;
  }

  const Parts parts_;
  Guarded<Table> uploads_;
};

}  // namespace

bool Uploads::accepts(std::string_view name) {
  return is_upload_name(name);
}

std::unique_ptr<Uploads> Uploads::make(Parts parts) {
  return std::make_unique<UploadsImpl>(parts);
}

}  // namespace backshelf
