#include "fs/uploads.h"

#include <algorithm>

#include "engine/base/error.h"

namespace backshelf {
namespace {

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

std::string what(const std::string& name) {
  return concat("upload of '", name, "'");
}

[[noreturn]] void gone(const std::string& name) {
  throw Error(ErrorKind::kReadOnly, what(name), "it is complete, and archives never change",
              "delete it, or copy under another name");
}

// Why these bytes are no backup; empty when they are one. Structure and metadata only: a `verify`
// reads the rest.
std::string fault_of(const Archive& archive) {
  const OuterTable& outer = archive.outer();
  if (!outer.is_tar || archive.state() == State::kNotABackup) {
    return archive.problem().empty() ? "it is no Home Assistant backup" : archive.problem();
  }
  if (outer.truncated || archive.state() == State::kArchiveTruncated) {
    return outer.problem.empty() ? "it is cut short" : outer.problem;
  }
  if (archive.metadata() == nullptr) return "it holds no usable backup.json";
  return {};
}

}  // namespace

bool Uploads::is_archive_name(std::string_view name) {
  return ends_with(name, ".tar") && name.front() != '.';
}

bool Uploads::is_scratch_name(std::string_view name) {
  constexpr std::string_view kEnds[] = {".part", ".filepart", ".tmp", ".crdownload", "~"};
  if (name.empty() || name == "." || name == "..") return false;
  return name.front() == '.' || std::any_of(std::begin(kEnds), std::end(kEnds),
                                            [&](auto end) { return ends_with(name, end); });
}

template <typename Work>
void Uploads::reported(const std::string& name, Work&& work) {
  try {
    work();
  } catch (const Error& error) {  // boundary: a copying program shows its user a bare errno
    parts_.jobs.report("upload", error.in(what(name)));
    throw;
  }
}

bool Uploads::taken(const std::string& location, const std::string& name) const {
  return parts_.catalog.shelf()->find_file(location, name) != nullptr;
}

UploadPtr Uploads::create(const std::string& location, const std::string& name) {
  if (!is_archive_name(name) && !is_scratch_name(name)) {
    throw Error(ErrorKind::kAccess, what(name), "only backup archives (*.tar) may be put here");
  }
  const std::shared_ptr<Location> place = parts_.catalog.location(location);
  if (!place) throw Error(ErrorKind::kNotFound, what(name), "there is no such location");
  if (taken(location, name)) {
    throw Error(ErrorKind::kExists, what(name), "an archive of this name is there already",
                "copy under another name");
  }
  auto upload = std::make_shared<Upload>();
  upload->id = ++last_id_;
  upload->location = location;
  upload->state.with([&](Upload::State& state) {
    state.name = name;
    state.open_handles = 1;
    state.mtime = to_timestamp(parts_.clock.now());
    state.touched = parts_.clock.steady();
    reported(name, [&] { state.object = place->stage("upload"); });
  });
  uploads_.with([&](auto& uploads) {
    if (uploads.size() >= kMaxUploads) {
      throw Error(ErrorKind::kBusy, what(name), "too many uploads are going on");
    }
    if (!uploads.emplace(Key{location, name}, upload).second) {
      throw Error(ErrorKind::kExists, what(name), "it is being uploaded already");
    }
  });
  return upload;
}

UploadPtr Uploads::find(const std::string& location, std::string_view name) const {
  return uploads_.with([&](const auto& uploads) -> UploadPtr {
    const auto found = uploads.find(Key{location, std::string(name)});
    return found == uploads.end() ? nullptr : found->second;
  });
}

UploadPtr Uploads::by_id(std::uint64_t id) const {
  return uploads_.with([&](const auto& uploads) -> UploadPtr {
    for (const auto& [key, upload] : uploads) {
      if (upload->id == id) return upload;
    }
    return nullptr;
  });
}

std::vector<UploadPtr> Uploads::list(const std::string& location) const {
  return uploads_.with([&](const auto& uploads) {
    std::vector<UploadPtr> found;
    for (const auto& [key, upload] : uploads) {
      if (key.first == location) found.push_back(upload);
    }
    return found;
  });
}

UploadAttr Uploads::attr(const Upload& upload) {
  return upload.state.with([](const Upload::State& state) {
    return UploadAttr{state.object ? state.object->size() : state.size, state.mtime};
  });
}

void Uploads::open(Upload& upload) {
  upload.state.with([](Upload::State& state) { ++state.open_handles; });
}

void Uploads::write(Upload& upload, std::uint64_t offset, ByteView bytes) {
  upload.state.with([&](Upload::State& state) {
    if (!state.object) gone(state.name);
    reported(state.name, [&] { state.object->write_at(offset, bytes); });
    state.changed = true;
    state.touched = parts_.clock.steady();
    if (!state.mtime_given) state.mtime = to_timestamp(parts_.clock.now());
  });
}

std::size_t Uploads::read(const Upload& upload, std::uint64_t offset, ByteSpan out) const {
  return upload.state.with([&](const Upload::State& state) -> std::size_t {
    if (state.object) return state.object->read_at(offset, out);
    if (!state.published) return 0;
    return parts_.catalog.location(upload.location)->open(state.name)->read_at(offset, out);
  });
}

void Uploads::truncate(Upload& upload, std::uint64_t size) {
  upload.state.with([&](Upload::State& state) {
    if (!state.object) gone(state.name);
    reported(state.name, [&] { state.object->truncate(size); });
    state.changed = true;
    state.touched = parts_.clock.steady();
  });
}

void Uploads::set_mtime(Upload& upload, Timestamp mtime) {
  upload.state.with([&](Upload::State& state) {
    state.mtime = mtime;
    state.mtime_given = true;
    if (state.object) state.object->set_mtime(mtime);
  });
}

void Uploads::flush(const UploadPtr& upload) {
  const bool done = upload->state.with([&](Upload::State& state) {
    if (!state.object || !state.changed || state.object->size() == 0) return false;
    if (!is_archive_name(state.name)) return false;
    reported(state.name, [&] { publish(upload, state); });
    return true;
  });
  if (done) forget(upload);
}

void Uploads::publish(const UploadPtr& upload, Upload::State& state) {
  const auto archive = Archive::open(state.object->source(), state.name, parts_.tools);
  const std::string fault = fault_of(*archive);
  if (!fault.empty()) {
    throw Error(ErrorKind::kInvalid, "checking it", fault, "copy a whole Home Assistant backup");
  }
  if (state.mtime_given) state.object->set_mtime(state.mtime);
  state.size = state.object->size();
  (void)state.object->commit(state.name);
  state.object.reset();
  state.published = true;
  (void)parts_.catalog.adopt(upload->location, state.name, /*uploaded=*/true,
                             /*automatic=*/false);
}

void Uploads::release(const UploadPtr& upload) {
  const bool drop = upload->state.with([&](Upload::State& state) {
    if (state.open_handles > 0) --state.open_handles;
    state.touched = parts_.clock.steady();
    if (state.open_handles > 0 || !state.object) return false;
    return is_archive_name(state.name) && state.object->size() > 0;
  });
  if (drop) remove(upload);
}

void Uploads::rename(const UploadPtr& upload, const std::string& to) {
  if (!is_archive_name(to) && !is_scratch_name(to)) {
    throw Error(ErrorKind::kAccess, what(to), "only backup archives (*.tar) may be put here");
  }
  if (taken(upload->location, to) || find(upload->location, to)) {
    throw Error(ErrorKind::kExists, what(to), "an archive of this name is there already");
  }
  forget(upload);
  uploads_.with([&](auto& uploads) { uploads[Key{upload->location, to}] = upload; });
  const bool published = upload->state.with([&](Upload::State& state) {
    state.name = to;
    if (!is_archive_name(to) || !state.object || state.object->size() == 0) return false;
    reported(to, [&] { publish(upload, state); });
    return true;
  });
  if (published) forget(upload);
}

void Uploads::remove(const UploadPtr& upload) {
  forget(upload);
  upload->state.with([](Upload::State& state) { state.object.reset(); });
}

void Uploads::forget(const UploadPtr& upload) {
  uploads_.with([&](auto& uploads) {
    std::erase_if(uploads, [&](const auto& one) { return one.second == upload; });
  });
}

void Uploads::expire() {
  const auto now = parts_.clock.steady();
  const auto all = uploads_.with([](const auto& uploads) {
    std::vector<UploadPtr> list;
    for (const auto& [key, upload] : uploads) list.push_back(upload);
    return list;
  });
  for (const UploadPtr& upload : all) {
    const bool stale = upload->state.with([&](const Upload::State& state) {
      return state.open_handles == 0 && now - state.touched >= kPatience;
    });
    if (stale) remove(upload);
  }
}

}  // namespace backshelf
