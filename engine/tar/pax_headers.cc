#include "engine/tar/pax_headers.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <exception>
#include <utility>

#include "engine/base/c_handle.h"
#include "engine/base/error.h"

namespace backshelf {
namespace {

using ArchiveHandle = CHandle<archive, archive_write_free>;
using EntryHandle = CHandle<archive_entry, archive_entry_free>;

// libarchive takes names for what this thread's locale says they are; UTF-8 leaves them alone.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {}
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;
  ~Utf8Locale() {
    if (locale_ != nullptr) ::freelocale(locale_);
  }
  [[nodiscard]] locale_t get() const { return locale_; }

 private:
  locale_t locale_;
};

// While it lives the calling thread speaks `locale`; no other thread notices.
class LocaleScope {
 public:
  // Without the locale (a system that lacks it) names are stored as binary, which readers accept.
  explicit LocaleScope(locale_t locale)
      : before_(locale != nullptr ? ::uselocale(locale) : nullptr) {}
  LocaleScope(const LocaleScope&) = delete;
  LocaleScope& operator=(const LocaleScope&) = delete;
  ~LocaleScope() {
    if (before_ != nullptr) ::uselocale(before_);
  }

 private:
  locale_t before_;
};

// What libarchive writes: the header while one is wanted, else zeros that are dropped.
struct HeaderCatcher {
  ByteVec bytes;
  bool wanted = false;
  std::exception_ptr failure;
};

la_ssize_t catch_bytes(archive*, void* data, const void* bytes, std::size_t size) noexcept {
  auto& catcher = *static_cast<HeaderCatcher*>(data);
  if (!catcher.wanted) return static_cast<la_ssize_t>(size);
  try {
    const auto* first = static_cast<const std::byte*>(bytes);
    catcher.bytes.insert(catcher.bytes.end(), first, first + size);
    return static_cast<la_ssize_t>(size);
  } catch (...) {  // guard: nothing may pass through libarchive
    catcher.failure = std::current_exception();
    return -1;
  }
}

[[noreturn]] void refuse(const Entry& entry, const char* why) {
  throw Error(ErrorKind::kInvalid, concat("storing ", entry.path),
              why != nullptr ? why : "no tar header can hold it");
}

void check_names(const Entry& entry) {
  const auto is_bad = [](const std::string& name) {
    return name.empty() || name.find('\0') != std::string::npos;
  };
  const bool is_link = entry.type == EntryType::kSymlink || entry.type == EntryType::kHardlink;
  if (is_bad(entry.path) || (is_link && is_bad(entry.link_target))) {
    refuse(entry, "a name is empty or holds a zero byte");
  }
}

unsigned file_type(EntryType type) {
  switch (type) {
    case EntryType::kDirectory:
      return AE_IFDIR;
    case EntryType::kSymlink:
      return AE_IFLNK;
    case EntryType::kFifo:
      return AE_IFIFO;
    case EntryType::kCharDevice:
      return AE_IFCHR;
    case EntryType::kBlockDevice:
      return AE_IFBLK;
    case EntryType::kFile:
    case EntryType::kHardlink:
      return AE_IFREG;
  }
  return AE_IFREG;
}

// libarchive 3.6 prints a time before 1970 as its two numbers side by side, so they are given the
// way they must be printed: -3 s + 0.25 s as "-2" and ".75". "-0.75" cannot be said; it becomes -1.
void set_mtime(archive_entry* to, Timestamp time) {
  if (time.seconds < 0 && time.nanoseconds > 0) {
    const bool sayable = time.seconds < -1;
    time.nanoseconds = sayable ? 1'000'000'000 - time.nanoseconds : 0;
    if (sayable) ++time.seconds;
  }
  ::archive_entry_set_mtime(to, time.seconds, static_cast<long>(time.nanoseconds));
}

// Only mtime of the times: what libarchive is not told it does not store.
void describe(const Entry& entry, archive_entry* to) {
  ::archive_entry_clear(to);
  ::archive_entry_copy_pathname(to, entry.path.c_str());
  ::archive_entry_set_filetype(to, file_type(entry.type));
  ::archive_entry_set_perm(to, entry.mode & 07777U);
  ::archive_entry_set_uid(to, entry.uid);
  ::archive_entry_set_gid(to, entry.gid);
  ::archive_entry_copy_uname(to, entry.user_name.c_str());
  ::archive_entry_copy_gname(to, entry.group_name.c_str());
  set_mtime(to, entry.mtime);
  const bool is_file = entry.type == EntryType::kFile;
  ::archive_entry_set_size(to, is_file ? static_cast<la_int64_t>(entry.size) : 0);
  if (entry.type == EntryType::kHardlink) {
    ::archive_entry_copy_hardlink(to, entry.link_target.c_str());
  }
  if (entry.type == EntryType::kSymlink) {
    ::archive_entry_copy_symlink(to, entry.link_target.c_str());
  }
  if (entry.type == EntryType::kCharDevice || entry.type == EntryType::kBlockDevice) {
    ::archive_entry_set_rdevmajor(to, entry.device_major);
    ::archive_entry_set_rdevminor(to, entry.device_minor);
  }
}

}  // namespace

struct PaxHeaders::State {
  void open();
  void make(const Entry& entry);

  HeaderCatcher catcher;
  Utf8Locale locale;
  ArchiveHandle writer;  // goes before the catcher: its end writes zeros, which are dropped
  EntryHandle entry;
  bool broken = false;
};

void PaxHeaders::State::open() {
  writer.reset(::archive_write_new());
  entry.reset(::archive_entry_new());
  const bool good =
      writer && entry && ::archive_write_set_format_pax(writer.get()) == ARCHIVE_OK &&
      ::archive_write_set_bytes_per_block(writer.get(), 0) == ARCHIVE_OK &&
      ::archive_write_set_bytes_in_last_block(writer.get(), 1) == ARCHIVE_OK &&
      ::archive_write_open(writer.get(), &catcher, nullptr, catch_bytes, nullptr) == ARCHIVE_OK;
  if (!good) throw Error(ErrorKind::kInternal, "writing a tar", "libarchive cannot be set up");
}

void PaxHeaders::State::make(const Entry& described) {
  if (broken) throw Error(ErrorKind::kInternal, "writing a tar", "libarchive failed before");
  check_names(described);
  const LocaleScope scope(locale.get());
  describe(described, entry.get());
  catcher.bytes.clear();
  catcher.wanted = true;
  const int result = ::archive_write_header(writer.get(), entry.get());
  catcher.wanted = false;
  if (catcher.failure) std::rethrow_exception(std::exchange(catcher.failure, nullptr));
  broken = result == ARCHIVE_FATAL;
  // A warning is a name that is not UTF-8: it is stored as binary, byte for byte.
  if (result != ARCHIVE_OK && result != ARCHIVE_WARN)
    refuse(described, ::archive_error_string(writer.get()));
  // The body goes past libarchive, which stands in zeros for it and drops them at memory speed.
  if (::archive_write_finish_entry(writer.get()) != ARCHIVE_OK) {
    refuse(described, ::archive_error_string(writer.get()));
  }
}

PaxHeaders::PaxHeaders() : state_(std::make_unique<State>()) {
  state_->open();
}

PaxHeaders::~PaxHeaders() = default;

ByteView PaxHeaders::make(const Entry& entry) {
  state_->make(entry);
  return state_->catcher.bytes;
}

}  // namespace backshelf
