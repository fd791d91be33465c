// Archives that are being copied in: staged in their location, written in any order, published when
// a close finds them sound. Knows no FUSE.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/archive/archive.h"
#include "engine/base/clock.h"
#include "engine/base/guarded.h"
#include "engine/catalog/catalog.h"
#include "engine/job/jobs.h"

namespace backshelf {

// One file being copied in. Shared by the handles that are open on it.
struct Upload {
  std::uint64_t id = 0;  // never reused
  std::string location;
  struct State {
    std::string name;
    std::unique_ptr<StagedObject> object;  // null once published or dropped
    unsigned open_handles = 0;
    bool changed = false;    // since it was last looked at
    bool published = false;  // it is an archive of its location now
    std::uint64_t size = 0;
    Timestamp mtime;
    bool mtime_given = false;  // by utimens: writing does not move it any more
    std::chrono::steady_clock::time_point touched;
  };
  Guarded<State> state;
};
using UploadPtr = std::shared_ptr<Upload>;

struct UploadAttr {
  std::uint64_t size = 0;
  Timestamp mtime;
};

// Thread-safe.
class Uploads {
 public:
  struct Parts {
    Catalog& catalog;
    Jobs& jobs;
    ArchiveTools tools;
    const Clock& clock;
  };
  // Empty stages and names that are no archive's wait this long for what comes next.
  static constexpr std::chrono::seconds kPatience = std::chrono::minutes(10);
  static constexpr std::size_t kMaxUploads = 64;  // each may hold a descriptor and disk space

  explicit Uploads(Parts parts) : parts_(parts) {}
  Uploads(const Uploads&) = delete;
  Uploads& operator=(const Uploads&) = delete;

  // "x.tar": published by its close.
  [[nodiscard]] static bool is_archive_name(std::string_view name);
  // What copying tools and editors write first: a leading dot, *.part, *.filepart, *.tmp,
  // *.crdownload, *~.
  [[nodiscard]] static bool is_scratch_name(std::string_view name);

  // A new, empty file, opened once. Throws Error: kAccess (a name that can become no archive),
  // kExists, kReadOnly, kNoSpace, kNotFound (no such location).
  [[nodiscard]] UploadPtr create(const std::string& location, const std::string& name);
  [[nodiscard]] UploadPtr find(const std::string& location,
                               std::string_view name) const;  // or null
  [[nodiscard]] UploadPtr by_id(std::uint64_t id) const;      // or null
  [[nodiscard]] std::vector<UploadPtr> list(const std::string& location) const;
  [[nodiscard]] static UploadAttr attr(const Upload& upload);

  void open(Upload& upload);
  void write(Upload& upload, std::uint64_t offset, ByteView bytes);
  [[nodiscard]] std::size_t read(const Upload& upload, std::uint64_t offset, ByteSpan out) const;
  void truncate(Upload& upload, std::uint64_t size);
  void set_mtime(Upload& upload, Timestamp mtime);
  // A close (FLUSH): a sound archive is published, an unsound, non-empty one is Error(kInvalid) and
  // stays for now.
  void flush(const UploadPtr& upload);
  // The last handle went (RELEASE): an unsound archive is dropped.
  void release(const UploadPtr& upload);
  // Within one location; to an archive's name: published, as rsync does it.
  void rename(const UploadPtr& upload, const std::string& to);
  void remove(const UploadPtr& upload);
  // Drops what nobody touched for kPatience.
  void expire();

 private:
  using Key = std::pair<std::string, std::string>;  // location, name
  [[nodiscard]] bool taken(const std::string& location, const std::string& name) const;
  void publish(const UploadPtr& upload, Upload::State& state);
  void forget(const UploadPtr& upload);
  // Runs `work`; what fails is told in status too: the copying program shows a bare errno.
  template <typename Work>
  void reported(const std::string& name, Work&& work);

  const Parts parts_;
  std::atomic<std::uint64_t> last_id_ = 0;
  Guarded<std::map<Key, UploadPtr>> uploads_;
};

}  // namespace backshelf
