#include "engine/location/directory_objects.h"

#include "engine/base/error.h"
#include "engine/location/object_names.h"

namespace backshelf {
namespace {

std::string text_of(const struct timespec& time) {
  return concat(std::int64_t{time.tv_sec}, ".", std::int64_t{time.tv_nsec});
}

class DirectoryPending final : public PendingObject {
 public:
  explicit DirectoryPending(StagedFile::Options options)
      : file_(std::make_unique<StagedFile>(std::move(options))) {}

  void write(ByteView bytes) override {
    file_->write_at(written_, bytes);
    written_ += bytes.size();
  }
  void patch(std::uint64_t offset, ByteView bytes) override {
    if (offset > written_ || bytes.size() > written_ - offset) {
      throw Error(ErrorKind::kInternal, "patching an archive", "behind what was written");
    }
    file_->write_at(offset, bytes);
  }
  [[nodiscard]] std::uint64_t written() const override { return written_; }
  ObjectInfo commit(const std::string& name) override {
    // Goes when this returns or throws, so that nothing is left of a commit that failed.
    const std::unique_ptr<StagedFile> file = std::move(file_);
    if (!file) throw Error(ErrorKind::kInternal, "committing an archive", "it was done before");
    check_archive_name(name);
    return info_of(name, file->commit(name));
  }

 private:
  std::unique_ptr<StagedFile> file_;
  std::uint64_t written_ = 0;
};

class DirectoryStaged final : public StagedObject {
 public:
  explicit DirectoryStaged(StagedFile::Options options) : file_(std::move(options)) {}

  void write_at(std::uint64_t offset, ByteView bytes) override { file_.write_at(offset, bytes); }
  void truncate(std::uint64_t size) override { file_.truncate(size); }
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) const override {
    return file_.read_at(offset, out);
  }
  [[nodiscard]] std::uint64_t size() const override { return file_.size(); }
  [[nodiscard]] std::shared_ptr<const RandomSource> source() const override {
    return file_.source();
  }
  void set_mtime(Timestamp mtime) override { file_.set_mtime(mtime); }
  ObjectInfo commit(const std::string& name) override {
    check_archive_name(name);
    return info_of(name, file_.commit(name));
  }

 private:
  StagedFile file_;
};

}  // namespace

ObjectInfo info_of(const std::string& name, const struct stat& status) {
  ObjectInfo info;
  info.name = name;
  info.size = static_cast<std::uint64_t>(status.st_size);
  info.mtime = mtime_of(status);
  // Without the device: the numbers of network, btrfs and USB file systems change when they are
  // mounted again, and the identity is remembered for longer than that.
  info.identity = concat(std::uint64_t{status.st_ino}, ":", info.size, ":", text_of(status.st_mtim),
                         ":", text_of(status.st_ctim));
  return info;
}

void check_archive_name(const std::string& name) {
  if (is_archive_name(name)) return;
  throw Error(ErrorKind::kInvalid, concat("the archive name ", name), "it cannot be a file here",
              "use a name without '/' that ends in .tar, does not start with a dot, and has at "
              "most 255 bytes");
}

std::unique_ptr<PendingObject> make_pending_object(StagedFile::Options options) {
  return std::make_unique<DirectoryPending>(std::move(options));
}
std::unique_ptr<StagedObject> make_staged_object(StagedFile::Options options) {
  return std::make_unique<DirectoryStaged>(std::move(options));
}

}  // namespace backshelf
