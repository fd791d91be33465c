#include "fs/open_file.h"

#include <algorithm>

#include "engine/base/error.h"

namespace backshelf {
namespace {

std::size_t copy_text(std::string_view text, std::uint64_t offset, ByteSpan out) {
  if (offset >= text.size()) return 0;
  const std::size_t length = std::min<std::size_t>(out.size(), text.size() - offset);
  std::memcpy(out.data(), text.data() + offset, length);
  return length;
}

class ContentFile final : public OpenFile {
 public:
  // The bytes are those of `entry`: the entry itself, or the file that a link is shown as.
  ContentFile(const ShelfTree& tree, std::uint32_t slot, Node node, FolderId entry)
      : archive_(tree.archive(slot)), entry_(entry), node_(node) {}
  Node node() const override { return node_; }
  // Files of the backup's top are made by us and can change.
  Caching caching() const override { return entry_.slot == 0 ? Caching::kFresh : Caching::kKeep; }
  std::size_t read(std::uint64_t offset, ByteSpan out, std::stop_token stop) override {
    return archive_->read(entry_, offset, out, std::move(stop));
  }

 private:
  const std::shared_ptr<Archive> archive_;
  const FolderId entry_;
  const Node node_;
};

// The text of this moment.
class TextFile final : public OpenFile {
 public:
  TextFile(Node node, std::shared_ptr<const std::string> text, Caching caching)
      : node_(node), text_(std::move(text)), caching_(caching) {
    node_.status.st_size = static_cast<off_t>(text_->size());
  }
  Node node() const override { return node_; }
  Caching caching() const override { return caching_; }
  std::size_t read(std::uint64_t offset, ByteSpan out, std::stop_token) override {
    return copy_text(*text_, offset, out);
  }

 private:
  Node node_;
  const std::shared_ptr<const std::string> text_;
  const Caching caching_;
};

class ControlHandle final : public OpenFile {
 public:
  ControlHandle(const ShelfTree& tree, bool write)
      : tree_(tree), text_(tree.parts().control.text()) {
    if (write) writer_ = tree.parts().control.open();
  }
  Node node() const override { return tree_.fixed_file(kControlNumber); }
  Caching caching() const override { return Caching::kDirect; }
  bool is_writable() const override { return writer_ != nullptr; }
  std::size_t read(std::uint64_t offset, ByteSpan out, std::stop_token) override {
    return copy_text(text_, offset, out);
  }
  // Where in the file the line stands is of no meaning: O_APPEND and O_TRUNC are alike.
  void write(std::uint64_t offset, ByteView bytes) override {
    if (!writer_) return OpenFile::write(offset, bytes);
    writer_->write(bytes);
  }
  void flush() override {
    if (writer_) writer_->flush();
  }

 private:
  const ShelfTree& tree_;
  const std::string text_;
  std::unique_ptr<ControlFile::Writer> writer_;
};

class ObjectFile final : public OpenFile {
 public:
  ObjectFile(const ShelfTree& tree, const Backup& backup)
      : node_(tree.object_node(backup)),
        bytes_(open_object(*tree.parts().catalog.location(backup.location), backup.object.name)) {
    node_.status.st_size = static_cast<off_t>(bytes_->size());
  }
  Node node() const override { return node_; }
  Caching caching() const override { return Caching::kFresh; }
  std::size_t read(std::uint64_t offset, ByteSpan out, std::stop_token) override {
    return bytes_->read_at(offset, out);
  }

 private:
  Node node_;
  std::shared_ptr<const RandomSource> bytes_;
};

class UploadFile final : public OpenFile {
 public:
  UploadFile(const ShelfTree& tree, const UploadInfo& info, bool write)
      : tree_(tree), id_(info.id), write_(write), last_(tree.upload_node(info)) {}
  ~UploadFile() override { tree_.parts().uploads.released(id_); }
  Node node() const override {
    const auto info = tree_.parts().uploads.find(id_);
    return info ? tree_.upload_node(*info) : last_;
  }
  Caching caching() const override { return Caching::kFresh; }
  bool is_writable() const override { return write_; }
  std::size_t read(std::uint64_t offset, ByteSpan out, std::stop_token) override {
    return tree_.parts().uploads.read(id_, offset, out);
  }
  void write(std::uint64_t offset, ByteView bytes) override {
    tree_.parts().uploads.write(id_, offset, bytes);
  }
  void flush() override {
    if (write_) tree_.parts().uploads.flush(id_);
  }

 private:
  const ShelfTree& tree_;
  const std::uint64_t id_;
  const bool write_;
  const Node last_;
};

std::unique_ptr<OpenFile> open_fixed(const ShelfTree& tree, std::uint64_t number, bool write) {
  if (number == kControlNumber) return std::make_unique<ControlHandle>(tree, write);
  if (write) {
    throw Error(ErrorKind::kAccess, "status and log", "they are written by the program alone");
  }
  if (number >= kFirstAway) {
    return std::make_unique<TextFile>(tree.fixed_file(number),
                                      std::make_shared<const std::string>(tree.away_text(number)),
                                      OpenFile::Caching::kDirect);
  }
  const StatusFile file = number == kStatusNumber ? StatusFile::kStatus
                          : number == kLogNumber  ? StatusFile::kLog
                                                  : StatusFile::kJson;
  return std::make_unique<TextFile>(tree.fixed_file(number), tree.parts().status.content(file),
                                    OpenFile::Caching::kDirect);
}

std::unique_ptr<OpenFile> open_upload(const ShelfTree& tree, std::uint64_t number,
                                      const OpenRequest& request) {
  Uploads& uploads = tree.parts().uploads;
  const auto info = uploads.find(number);
  if (!info) throw Error(ErrorKind::kNotFound, "upload", "it is no longer there");
  uploads.opened(number);
  auto file = std::make_unique<UploadFile>(tree, *info, request.write);
  if (request.truncate) uploads.truncate(number, 0);
  return file;
}

std::unique_ptr<OpenFile> open_content(const ShelfTree& tree, const NodeId& id,
                                       std::stop_token stop) {
  const FolderAttr attr = tree.archive(id.slot)->attr(id.entry, stop);
  const Node node = tree.content_node(id.slot, attr, stop);
  const bool is_link = attr.type == EntryType::kSymlink;
  if (!is_link || tree.parts().how.symlinks != SymlinkPolicy::kFile) {
    return std::make_unique<ContentFile>(tree, id.slot, node, id.entry);
  }
  if (const auto target = tree.shown_target(id.slot, attr, std::move(stop))) {
    return std::make_unique<ContentFile>(tree, id.slot, node, target->id);
  }
  return std::make_unique<TextFile>(node, std::make_shared<const std::string>(tree.link_target(id)),
                                    OpenFile::Caching::kKeep);
}

}  // namespace

void OpenFile::write(std::uint64_t, ByteView) {
  throw Error(ErrorKind::kReadOnly, "write", "this file never changes");
}

std::unique_ptr<OpenFile> open_file(const ShelfTree& tree, const NodeId& id,
                                    const OpenRequest& request, std::stop_token stop) {
  const bool write = request.write || request.truncate;
  switch (id.view) {
    case View::kFixed:
      return open_fixed(tree, id.number, write);
    case View::kUpload:
      return open_upload(tree, id.number, request);
    case View::kObject: {
      const BackupPtr backup = tree.backup(id.slot);
      if (write) {
        throw Error(ErrorKind::kExists, backup->object.name, "an archive is never overwritten",
                    "delete it first, or use another name");
      }
      return std::make_unique<ObjectFile>(tree, *backup);
    }
    case View::kNew:
      if (!write) {
        return std::make_unique<TextFile>(tree.get(id, std::move(stop)),
                                          tree.parts().status.content(StatusFile::kStatus),
                                          OpenFile::Caching::kDirect);
      }
      break;
    case View::kBackup:
      break;
  }
  if (write) throw Error(ErrorKind::kReadOnly, "open", "a backup never changes");
  return open_content(tree, id, std::move(stop));
}

std::unique_ptr<OpenFile> create_upload(const ShelfTree& tree, const std::string& place,
                                        const std::string& name) {
  return std::make_unique<UploadFile>(tree, tree.parts().uploads.create(place, name), true);
}

}  // namespace backshelf
