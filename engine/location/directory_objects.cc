#include "engine/location/directory_objects.h"

#include <atomic>

#include "engine/base/error.h"
#include "engine/location/object_names.h"

namespace backshelf {
namespace {

std::string text_of(const struct timespec& time) {
  return concat(std::int64_t{time.tv_sec}, ".", std::int64_t{time.tv_nsec});
}

// Asks now and then, since a question costs a look at the whole directory, and at the end.
class SizeLimit {
 public:
  explicit SizeLimit(AllowSize allow) : allow_(std::move(allow)) {}
  void grow(std::uint64_t size) {
    if (!allow_ || size < next_.load(std::memory_order_relaxed)) return;
    next_ = size + kStep;
    allow_(size);
  }
  void check(std::uint64_t size) const {
    if (allow_) allow_(size);
  }

 private:
  static constexpr std::uint64_t kStep = 16 * kMiB;
  const AllowSize allow_;
  std::atomic<std::uint64_t> next_ = 0;
};

class DirectoryPending final : public PendingObject {
 public:
  DirectoryPending(StagedFile::Options options, AllowSize allow)
      : file_(std::make_unique<StagedFile>(std::move(options))), limit_(std::move(allow)) {}

  void write(ByteView bytes) override {
    limit_.grow(written_ + bytes.size());
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
    limit_.check(written_);
    return info_of(name, file->commit(name));
  }

 private:
  std::unique_ptr<StagedFile> file_;
  SizeLimit limit_;
  std::uint64_t written_ = 0;
};

class DirectoryStaged final : public StagedObject {
 public:
  DirectoryStaged(StagedFile::Options options, AllowSize allow)
      : file_(std::move(options)), limit_(std::move(allow)) {}

  void write_at(std::uint64_t offset, ByteView bytes) override {
    limit_.grow(offset + bytes.size());
    file_.write_at(offset, bytes);
  }
  void truncate(std::uint64_t size) override {
    limit_.grow(size);
    file_.truncate(size);
  }
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
    limit_.check(file_.size());
    return info_of(name, file_.commit(name));
  }

 private:
  StagedFile file_;
  SizeLimit limit_;
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

std::unique_ptr<PendingObject> make_pending_object(StagedFile::Options options, AllowSize allow) {
  return std::make_unique<DirectoryPending>(std::move(options), std::move(allow));
}
std::unique_ptr<StagedObject> make_staged_object(StagedFile::Options options, AllowSize allow) {
  return std::make_unique<DirectoryStaged>(std::move(options), std::move(allow));
}

}  // namespace backshelf
