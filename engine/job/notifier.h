// Tells the user's own command ([notify]) of each problem, once.
#pragma once

#include <memory>
#include <thread>

#include "engine/base/guarded.h"
#include "engine/job/job_board.h"

namespace backshelf {

// Has a thread of its own, so that a command that hangs holds up nothing.
class Notifier {
 public:
  // What is borrowed: `parts` and `board`. REQUIRES: parts.config.notify_command is not empty.
  Notifier(const JobParts& parts, JobBoard& board);
  ~Notifier();  // ends the command that runs, and joins

 private:
  struct Data {
    bool changed = true;
  };
  void run(const std::stop_token& stop);
  void look(const std::stop_token& stop);
  void tell(const Problem& problem, const std::stop_token& stop);

  const JobParts& parts_;
  JobBoard& board_;
  std::vector<Problem> told_;            // and still there
  std::shared_ptr<Guarded<Data>> data_;  // shared with the board's callback, which may live longer
  std::jthread thread_;                  // last: it uses all of the above
};

// What the command reads: {"code", "what", "todo", "since"}.
[[nodiscard]] std::string notification(const Problem& problem);
// Not those of somebody who sits before the answer: a refused delete, a mistyped line.
[[nodiscard]] bool is_notified(const std::string& code);

}  // namespace backshelf
