#include "engine/archive/extraction.h"

#include <unistd.h>

#include "engine/archive/file_batches.h"

namespace backshelf {
namespace {

std::string path_of(const FileJob& job) {
  return job.folder->path.child(job.name).text();
}

}  // namespace

Extraction::Extraction(Archive& archive, TreeWriter& writer, OnProblem on_problem,
                       std::stop_token stop, unsigned threads)
    : archive_(archive),
      writer_(writer),
      on_problem_(std::move(on_problem)),
      stop_(std::move(stop)) {
  const auto done = [this](const FileJob& job, const Error* error) {
    if (error != nullptr) return tell(path_of(job), *error);
    if (job.attr.id.slot != 0) ++written_;
    if (on_written_) on_written_(job.attr);
    if (job.attr.link_count > 1) {
      first_names_[job.attr.content_key] = job.folder->path.child(job.name);
    }
  };
  batches_ = std::make_unique<FileBatches>(archive, writer, done, stop_, threads);
}

Extraction::~Extraction() = default;

void Extraction::add(const RelPath& path, const FolderAttr& attr) {
  try {
    add_or_tell([&] { add_entry(path, attr); }, path.parent(), path.name());
  } catch (...) {  // cleanup: the threads need not write what nobody waits for
    batches_->cancel();
    throw;
  }
}

void Extraction::finish() {
  try {
    batches_->finish();
  } catch (...) {  // cleanup: the threads need not write what nobody waits for
    batches_->cancel();
    throw;
  }
  for (const Link& link : links_) {
    try {
      add_link(link);
    } catch (const Error& error) {  // isolation: one entry is told, and the rest goes on
      if (ends_extraction(error)) throw;
      tell(link.path.text(), error);
    }
  }
  writer_.finish();
}

template <typename Add>
void Extraction::add_or_tell(const Add& add, const RelPath& folder, std::string_view name) {
  try {
    add();
  } catch (const Error& error) {  // isolation: one entry is told, and the rest goes on
    if (ends_extraction(error)) throw;
    const std::string path = name.empty() ? folder.text() : folder.child(name).text();
    batches_->add_note([this, path, error] { tell(path, error); });
  }
}

void Extraction::tell(const std::string& path, const Error& error) const {
  const bool named = error.what_failed().find(path) != std::string::npos;
  on_problem_(named ? error : error.in(path));
}

// Depth is bounded by RelPath::kMaxDepth, which every tree keeps.
void Extraction::add_entry(const RelPath& path, const FolderAttr& attr) {
  switch (attr.type) {
    case EntryType::kDirectory:
      return add_children(path, attr);
    case EntryType::kFile:
      return add_file(writer_.folder(path.parent()), path.name(), attr);
    case EntryType::kSymlink:
      writer_.add_symlink(path, archive_.link_target(attr.id), attributes_of(attr));
      break;
    case EntryType::kFifo:
      writer_.add_fifo(path, attributes_of(attr));
      break;
    default:  // devices of another machine are not made here
      return;
  }
  if (attr.id.slot != 0) ++written_;
}

void Extraction::add_children(const RelPath& path, const FolderAttr& attr) {
  const TreeFolderPtr folder = writer_.add_directory(path, attributes_of(attr));
  const std::uint32_t count = archive_.child_count(attr.id, stop_);
  for (std::uint32_t i = 0; i < count; ++i) {
    const FolderChild child = archive_.child(attr.id, i);
    const auto add_child = [&] {
      if (child.attr.type == EntryType::kFile) return add_file(folder, child.name, child.attr);
      add_entry(path.child(child.name), child.attr);
    };
    add_or_tell(add_child, path, child.name);
  }
}

void Extraction::add_file(const TreeFolderPtr& folder, std::string_view name,
                          const FolderAttr& attr) {
  if (attr.link_count > 1 && !first_names_.try_emplace(attr.content_key).second) {
    links_.push_back({folder->path.child(name), attr});
    return;
  }
  batches_->add({folder, std::string(name), attr, attributes_of(attr)});
}

void Extraction::add_link(const Link& link) {
  std::optional<RelPath>& first = first_names_[link.attr.content_key];
  if (first) {
    writer_.add_hard_link(link.path, *first);
  } else {
    ByteVec buffer;
    const FileJob job{writer_.folder(link.path.parent()), std::string(link.path.name()), link.attr,
                      attributes_of(link.attr)};
    extract_file(archive_, writer_, job, buffer, stop_);
    first = link.path;
  }
  if (link.attr.id.slot != 0) ++written_;
}

TreeAttributes Extraction::attributes_of(const FolderAttr& attr) const {
  if (attr.generated) return {attr.mode, ::geteuid(), ::getegid(), attr.mtime};
  if (attr.type != EntryType::kFile || attr.link_count < 2) {
    return {attr.mode, attr.uid, attr.gid, attr.mtime};
  }
  // All names of a file share what the file itself has, whichever of them comes first.
  const FolderAttr file = archive_.attr({static_cast<std::uint32_t>(attr.content_key >> 32),
                                         static_cast<NodeIndex>(attr.content_key & 0xFFFFFFFF)},
                                        stop_);
  return {file.mode, file.uid, file.gid, file.mtime};
}

}  // namespace backshelf
