// The one error type. It says WHAT failed, WHY, and what to do about it, and its kind decides both
// the errno a mount answers with and the exit code of the command line (one table, error.cc).
#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace backshelf {

enum class ErrorKind {
  kInternal,  // a promise inside the program was broken
  kUsage,     // wrong command, option, configuration or control line
  kNotFound,
  kNeedsKey,     // encrypted, and no key was given
  kWrongKey,     // encrypted, and none of the keys opens it
  kUnsupported,  // a format (version) we do not read
  kTruncated,    // ends before its end
  kDamaged,      // bytes proved wrong (MAC, CRC, checksum, structure)
  kBadMetadata,  // backup.json unusable
  kNotABackup,
  kNoSpace,
  kBusy,
  kExists,
  kNotEmpty,
  kReadOnly,      // EROFS: archives never change
  kNotPermitted,  // EPERM: protected, or switched off
  kAccess,        // EACCES
  kInvalid,       // EINVAL
  kCrossDevice,
  kInterrupted,
  kTimeout,
  kIo,
  kPartial,  // done in part
};

class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string what_failed, std::string why, std::string todo = {});

  [[nodiscard]] ErrorKind kind() const { return kind_; }
  [[nodiscard]] const std::string& what_failed() const { return what_failed_; }
  [[nodiscard]] const std::string& why() const { return why_; }
  [[nodiscard]] const std::string& todo() const { return todo_; }
  // One line: "WHAT: WHY (what to do)"; without the brackets when there is nothing to do.
  [[nodiscard]] const char* what() const noexcept override { return line_.c_str(); }
  // The same error seen from further out: WHAT becomes "CONTEXT: WHAT".
  [[nodiscard]] Error in(std::string_view context) const;

 private:
  ErrorKind kind_;
  std::string what_failed_, why_, todo_, line_;
};

// The errno a mount answers with (positive), the exit code (tools/backshelf.1, EXIT STATUS) and
// a stable name ("wrong-key").
[[nodiscard]] int errno_of(ErrorKind kind);
[[nodiscard]] int exit_code_of(ErrorKind kind);
[[nodiscard]] std::string_view name_of(ErrorKind kind);

// A failed system call: `number` is its errno, `what_failed` names call and object ("open /x/y").
[[nodiscard]] Error error_from_errno(int number, std::string what_failed);

}  // namespace backshelf
