// The `control` file: text written to it becomes commands, reading it shows the grammar and the
// last answers. Knows no FUSE.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "engine/base/guarded.h"
#include "engine/control/control.h"
#include "engine/job/jobs.h"

namespace backshelf {

// Thread-safe; the line buffer of one open handle belongs to that handle's LineBuffer.
class ControlFile {
 public:
  // Text of one open handle that has no line end yet.
  using LineBuffer = Guarded<std::string>;
  static constexpr std::size_t kAnswers = 10;  // shown to who reads the file

  // `jobs` is borrowed. `allows`: `control_allows` of the configuration, words of commands.
  ControlFile(Jobs& jobs, std::vector<std::string> allows);
  ControlFile(const ControlFile&) = delete;
  ControlFile& operator=(const ControlFile&) = delete;

  // Takes bytes of one write(2). All complete lines are parsed before the first runs. Throws Error
  // (kUsage, kInvalid: a bad line; kNotPermitted: not allowed here; kBusy; kReadOnly); then nothing
  // that follows the failed line ran, and the buffer is empty.
  void write(LineBuffer& buffer, ByteView bytes);
  // The handle is closed (FLUSH): unterminated text is a command too. A FLUSH without text does
  // nothing: a shell sends one before its first write.
  void flush(LineBuffer& buffer);
  [[nodiscard]] std::string text() const;

 private:
  void run(const std::vector<std::string>& lines);
  void refuse_forbidden(const Command& command) const;
  void remember(const std::string& line, const std::string& answer);

  Jobs& jobs_;
  const std::vector<std::string> allows_;
  Guarded<std::deque<std::string>> answers_;
};

}  // namespace backshelf
