// The file `control`: a line written is a command, the text read is the grammar and what became of
// the last lines.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/log.h"
#include "engine/job/jobs.h"

namespace backshelf {

// Thread-safe.
class ControlFile {
 public:
  struct Parts {
    Jobs& jobs;
    Log& log;
    std::vector<std::string> allows;  // verbs; "pin" allows no "unpin"
    bool read_only = false;           // a shelf without configuration: every line is kReadOnly
    bool deny_delete = false;         // `delete = deny`: whatever `allows` says
  };
  [[nodiscard]] static std::unique_ptr<ControlFile> make(Parts parts);
  virtual ~ControlFile() = default;

  [[nodiscard]] virtual std::string text() const = 0;  // what `cat control` shows

  // What one open handle wrote so far. Thread-safe.
  class Writer {
   public:
    virtual ~Writer() = default;
    // Takes all bytes. The complete lines are parsed first and run only when none of them is bad; a
    // line without its end stays in the buffer. Throws Error as the command does (kUsage and
    // kInvalid for a bad line, kNotPermitted for one that is not allowed or says `force`, kBusy);
    // the buffer is empty then. CRLF, empty lines and lines of white space are fine.
    virtual void write(ByteView bytes) = 0;
    // At each close of a descriptor: runs what has no line end. Nothing pending: nothing happens
    // (a shell closes a duplicate before it writes).
    virtual void flush() = 0;
  };
  [[nodiscard]] virtual std::unique_ptr<Writer> open() = 0;  // outlived by this object
  // A whole text put in place of the file (editors and `sed -i` rename theirs over it). What text()
  // shows and is unchanged in it is no command.
  virtual void run(ByteView text) = 0;
};

}  // namespace backshelf
