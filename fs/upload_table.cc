#include "fs/upload_table.h"

namespace backshelf {
namespace {

constexpr std::size_t kMaxUploads = 64;  // each holds a descriptor and perhaps disk space

}  // namespace

void UploadTable::add(const UploadPtr& upload) {
  table_.with([&](Table& table) {
    if (table.uploads.size() >= kMaxUploads) {
      throw Error(ErrorKind::kBusy, "upload", "too many uploads are going on");
    }
    upload->id = ++table.last_id;
    table.uploads[upload->id] = upload;
  });
}

std::vector<UploadPtr> UploadTable::all() const {
  return table_.with([](const Table& table) {
    std::vector<UploadPtr> list;
    for (const auto& [id, upload] : table.uploads) list.push_back(upload);
    return list;
  });
}

UploadPtr UploadTable::find(std::uint64_t id) const {
  return table_.with([&](const Table& table) -> UploadPtr {
    const auto found = table.uploads.find(id);
    return found == table.uploads.end() ? nullptr : found->second;
  });
}

UploadPtr UploadTable::require(std::uint64_t id) const {
  UploadPtr upload = find(id);
  if (!upload) throw Error(ErrorKind::kNotFound, "upload", "it was removed");
  return upload;
}

UploadPtr UploadTable::staged(const std::string& place, std::string_view name) const {
  for (const UploadPtr& upload : all()) {
    const bool same = upload->place == place && upload->shown.with([&](const Upload::Shown& shown) {
      return shown.staged && shown.name == name;
    });
    if (same) return upload;
  }
  return nullptr;
}

UploadPtr UploadTable::take(const Upload& upload) {
  return table_.with([&](Table& table) -> UploadPtr {
    const auto found = table.uploads.find(upload.id);
    if (found == table.uploads.end()) return nullptr;
    UploadPtr held = std::move(found->second);
    table.uploads.erase(found);
    return held;
  });
}

}  // namespace backshelf
