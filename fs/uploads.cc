#include "fs/uploads.h"

#include "engine/base/error.h"
#include "fs/upload_check.h"
#include "fs/upload_table.h"

namespace backshelf {
namespace {

constexpr auto kPatience = std::chrono::minutes(10);

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
      state.mtime = to_timestamp(parts_.clock.now());
      reported(name, [&] { state.object = location->stage("upload"); });
      show(*upload, state);
    });
    upload->shown.with([](Upload::Shown& shown) { shown.handles = 1; });
    touch(*upload);
    table_.add(upload);
    return info_of(*upload);
  }

  [[nodiscard]] std::optional<UploadInfo> find(const std::string& place,
                                               std::string_view name) const override {
    const UploadPtr upload = table_.staged(place, name);
    if (!upload) return std::nullopt;
    return info_of(*upload);
  }

  [[nodiscard]] std::vector<UploadInfo> list(const std::string& place) const override {
    std::vector<UploadInfo> found;
    for (const UploadPtr& upload : table_.all()) {
      if (upload->place != place) continue;
      if (upload->shown.with([](const Upload::Shown& shown) { return shown.staged; })) {
        found.push_back(info_of(*upload));
      }
    }
    return found;
  }

  [[nodiscard]] std::optional<UploadInfo> find(std::uint64_t id) const override {
    const UploadPtr upload = table_.find(id);
    if (!upload) return std::nullopt;
    return info_of(*upload);
  }

  [[nodiscard]] std::size_t read(std::uint64_t id, std::uint64_t offset,
                                 ByteSpan out) const override {
    return table_.require(id)->state.with([&](const Upload::State& state) -> std::size_t {
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
    const UploadPtr upload = table_.require(id);
    upload->state.with([&](Upload::State& state) {
      state.mtime = mtime;
      state.mtime_given = true;
      if (state.object) state.object->set_mtime(mtime);
      show(*upload, state);
    });
  }

  void opened(std::uint64_t id) override {
    table_.require(id)->shown.with([](Upload::Shown& shown) { ++shown.handles; });
  }

  void flush(std::uint64_t id) override {
    const UploadPtr upload = table_.find(id);
    if (!upload) return;  // removed while it was open: nothing is left to publish
    const BackupPtr published = upload->state.with([&](Upload::State& state) -> BackupPtr {
      if (!state.object || state.object->size() == 0 || !is_archive_name(state.name)) {
        return nullptr;
      }
      if (state.refused) throw Error(*state.refused);
      return state.changed ? publish(*upload, state) : nullptr;
    });
    if (published) verify_later(*published);
  }

  void released(std::uint64_t id) override {
    const UploadPtr upload = table_.find(id);
    if (!upload) return;
    touch(*upload);
    const bool over = upload->shown.with([&](Upload::Shown& shown) {
      if (shown.handles > 0) --shown.handles;
      if (shown.handles > 0) return false;
      return !shown.staged || (is_archive_name(shown.name) && shown.size > 0);
    });
    if (over) drop(*upload);
  }

  void rename(const std::string& place, const std::string& from, const std::string& to,
              bool no_replace) override {
    require_accepted(to);
    const UploadPtr upload = table_.staged(place, from);
    if (!upload) throw no_such(from);
    const UploadPtr other = table_.staged(place, to);
    const bool replaces = other && other != upload && !no_replace;
    if (!replaces) refuse_taken(place, upload->location, to);
    refuse_archive(upload->location, to);
    const BackupPtr published =
        upload->state.with([&](Upload::State& state) { return renamed(*upload, state, to); });
    if (replaces) drop(*other);
    if (published) verify_later(*published);
    if (upload->shown.with([](const Upload::Shown& s) { return !s.staged && s.handles == 0; })) {
      drop(*upload);
    }
  }

  void remove(const std::string& place, const std::string& name) override {
    const UploadPtr upload = table_.staged(place, name);
    if (!upload) throw no_such(name);
    drop(*upload);
  }

  void expire() override {
    const auto now = parts_.clock.steady();
    for (const UploadPtr& upload : table_.all()) {
      const bool stale = upload->shown.with([&](const Upload::Shown& shown) {
        return shown.handles == 0 && now - shown.touched >= kPatience;
      });
      if (stale) drop(*upload);
    }
  }

 private:
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

  void refuse_archive(const std::string& location, const std::string& name) const {
    if (parts_.catalog.shelf()->find_file(location, name)) throw taken(name);
  }

  void refuse_taken(const std::string& place, const std::string& location,
                    const std::string& name) const {
    if (table_.staged(place, name)) throw taken(name);
    refuse_archive(location, name);
  }

  static Error taken(const std::string& name) {
    return {ErrorKind::kExists, upload_context(name), "a file of this name is there already",
            "copy it under another name"};
  }

  static Error no_such(const std::string& name) {
    return {ErrorKind::kNotFound, upload_context(name), "there is no such upload"};
  }

  void touch(Upload& upload) const {
    upload.shown.with([&](Upload::Shown& shown) { shown.touched = parts_.clock.steady(); });
  }

  template <typename Change>
  void change(std::uint64_t id, Change&& change) {
    const UploadPtr upload = table_.require(id);
    upload->state.with([&](Upload::State& state) {
      if (!state.object) {
        throw Error(ErrorKind::kExists, upload_context(state.name),
                    "it is complete, and archives never change", "copy it under another name");
      }
      reported(state.name, [&] { change(state); });
      state.changed = true;
      state.refused.reset();
      show(*upload, state);
    });
    touch(*upload);
  }

  // What it became, if anything.
  [[nodiscard]] BackupPtr renamed(Upload& upload, Upload::State& state, const std::string& to) {
    if (!state.object) throw no_such(state.name);  // published or dropped a moment ago
    const std::string before = std::exchange(state.name, to);
    try {
      const bool due = is_archive_name(to) && state.object->size() > 0;
      BackupPtr published = due ? publish(upload, state) : nullptr;
      show(upload, state);
      return published;
    } catch (const Error&) {  // cleanup: a refused rename leaves the old name
      state.name = before;
      if (!is_archive_name(before)) state.refused.reset();
      throw;
    }
  }

  // Null: it is published, and the shelf will show it at its next look.
  [[nodiscard]] BackupPtr publish(Upload& upload, Upload::State& state) {
    state.changed = false;
    try {
      reported(state.name, [&] {
        require_sound(state.object->source(), state.name, parts_.tools);
        if (state.mtime_given) state.object->set_mtime(state.mtime);
        auto bytes = state.object->source();
        (void)state.object->commit(state.name);
        state.object.reset();
        state.published = std::move(bytes);
      });
    } catch (const Error& error) {  // isolation: every later close must say so too
      state.refused = error;
      throw;
    }
    show(upload, state);
    parts_.log.info(concat("uploaded: ", state.name));
    return adopted(upload, state.name);
  }

  [[nodiscard]] BackupPtr adopted(const Upload& upload, const std::string& name) {
    try {
      return parts_.catalog.adopt(upload.location, name, /*uploaded=*/true, /*automatic=*/false);
    } catch (const Error& error) {  // isolation: the archive is where it belongs, and whole
      parts_.jobs.report("upload", error.in(upload_context(name)));
      return nullptr;
    }
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
    const UploadPtr last = table_.take(upload);
    if (!last) return;
    last->shown.with([](Upload::Shown& shown) { shown.staged = false; });
    last->state.with([](Upload::State& state) { state.object.reset(); });
  }

  const Parts parts_;
  UploadTable table_;
};

}  // namespace

bool Uploads::accepts(std::string_view name) {
  return is_upload_name(name);
}

std::unique_ptr<Uploads> Uploads::make(Parts parts) {
  return std::make_unique<UploadsImpl>(parts);
}

}  // namespace backshelf
