#include "engine/base/error.h"

#include <array>
#include <cerrno>
#include <cstring>

namespace backshelf {
namespace {

struct KindFacts {
  ErrorKind kind;
  int number;     // errno
  int exit_code;  // tools/backshelf.1, EXIT STATUS
  std::string_view name;
};

constexpr std::array kFacts = {
    KindFacts{ErrorKind::kInternal, EIO, 1, "internal"},
    KindFacts{ErrorKind::kUsage, EINVAL, 2, "usage"},
    KindFacts{ErrorKind::kNotFound, ENOENT, 3, "not-found"},
    KindFacts{ErrorKind::kNeedsKey, EACCES, 4, "needs-key"},
    KindFacts{ErrorKind::kWrongKey, EACCES, 4, "wrong-key"},
    KindFacts{ErrorKind::kUnsupported, EIO, 5, "unsupported"},
    KindFacts{ErrorKind::kTruncated, EIO, 5, "truncated"},
    KindFacts{ErrorKind::kDamaged, EIO, 5, "damaged"},
    KindFacts{ErrorKind::kBadMetadata, EIO, 5, "bad-metadata"},
    KindFacts{ErrorKind::kNotABackup, EINVAL, 5, "not-a-backup"},
    KindFacts{ErrorKind::kNoSpace, ENOSPC, 6, "no-space"},
    KindFacts{ErrorKind::kBusy, EBUSY, 7, "busy"},
    KindFacts{ErrorKind::kExists, EEXIST, 1, "exists"},
    KindFacts{ErrorKind::kNotEmpty, ENOTEMPTY, 1, "not-empty"},
    KindFacts{ErrorKind::kReadOnly, EROFS, 1, "read-only"},
    KindFacts{ErrorKind::kNotPermitted, EPERM, 1, "not-permitted"},
    KindFacts{ErrorKind::kAccess, EACCES, 1, "no-access"},
    KindFacts{ErrorKind::kInvalid, EINVAL, 1, "invalid"},
    KindFacts{ErrorKind::kCrossDevice, EXDEV, 1, "cross-device"},
    KindFacts{ErrorKind::kInterrupted, EINTR, 1, "interrupted"},
    KindFacts{ErrorKind::kTimeout, ETIMEDOUT, 1, "timeout"},
    KindFacts{ErrorKind::kIo, EIO, 1, "io"},
    KindFacts{ErrorKind::kPartial, EIO, 8, "partial"},
};

const KindFacts& facts_of(ErrorKind kind) {
  for (const KindFacts& facts : kFacts) {
    if (facts.kind == kind) return facts;
  }
  return kFacts[0];
}

ErrorKind kind_of_errno(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return ErrorKind::kNotFound;
    case EACCES:
      return ErrorKind::kAccess;
    case EPERM:
      return ErrorKind::kNotPermitted;
    case EROFS:
      return ErrorKind::kReadOnly;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ErrorKind::kNoSpace;
    case EEXIST:
      return ErrorKind::kExists;
    case ENOTEMPTY:
      return ErrorKind::kNotEmpty;
    case EBUSY:
    case ETXTBSY:
      return ErrorKind::kBusy;
    case EXDEV:
      return ErrorKind::kCrossDevice;
    case EINTR:
      return ErrorKind::kInterrupted;
    case EINVAL:
    case ENAMETOOLONG:
    case EISDIR:
    case ELOOP:
      return ErrorKind::kInvalid;
    default:
      return ErrorKind::kIo;
  }
}

std::string_view advice_for(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kNoSpace:
      return "free some space, or use another disk";
    case ErrorKind::kAccess:
      return "check owner and mode, or run as root";
    case ErrorKind::kReadOnly:
      return "the file system is mounted read-only";
    case ErrorKind::kIo:
      return "check the disk and the system log";
    default:
      return {};
  }
}

}  // namespace

Error::Error(ErrorKind kind, std::string what_failed, std::string why, std::string todo)
    : kind_(kind),
      what_failed_(std::move(what_failed)),
      why_(std::move(why)),
      todo_(std::move(todo)),
      line_(what_failed_ + ": " + why_ + (todo_.empty() ? "" : " (" + todo_ + ")")) {}

Error Error::in(std::string_view context) const {
  return {kind_, std::string(context) + ": " + what_failed_, why_, todo_};
}

int errno_of(ErrorKind kind) {
  return facts_of(kind).number;
}
int exit_code_of(ErrorKind kind) {
  return facts_of(kind).exit_code;
}
std::string_view name_of(ErrorKind kind) {
  return facts_of(kind).name;
}

Error error_from_errno(int number, std::string what_failed) {
  const ErrorKind kind = kind_of_errno(number);
  std::array<char, 256> text{};
  const char* const why = strerror_r(number, text.data(), text.size());
  return {kind, std::move(what_failed), why, std::string(advice_for(kind))};
}

}  // namespace backshelf
