// Files of an extraction, written by several threads and reported in order; part of engine/archive.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/archive/archive.h"
#include "engine/base/error.h"
#include "engine/disk/tree_writer.h"
#include "engine/stream/worker_pool.h"

namespace backshelf {

struct FileJob {
  TreeFolderPtr folder;
  std::string name;
  FolderAttr attr;
  TreeAttributes attributes;
};

// Reads the file from the archive and writes it. Thread-safe. `buffer` is the thread's, for use
// again.
void extract_file(Archive& archive, TreeWriter& writer, const FileJob& job, ByteVec& buffer,
                  const std::stop_token& stop);

// Errors that end the whole extraction, not one file.
[[nodiscard]] bool ends_extraction(const Error& error);

// Files that follow each other go to one thread, because their content lies side by side. Bounded:
// add() waits when too many are under way. One thread at a time calls it.
class FileBatches {
 public:
  // `done`: called for each file in the order of add(), by the thread that calls add() or finish();
  // the error is null when it was written.
  using Done = std::function<void(const FileJob&, const Error*)>;

  FileBatches(Archive& archive, TreeWriter& writer, Done done, std::stop_token stop,
              unsigned threads);
  // Throws what ends_extraction().
  void add(FileJob job);
  // In its place among the files: `note` runs when all before it are reported.
  void add_note(std::function<void()> note);
  void finish();
  // What has not begun is not begun any more. For unwinding.
  void cancel() { cancelled_ = true; }

 private:
  struct Batch {
    std::vector<FileJob> jobs;
    std::vector<std::optional<Error>> errors;  // of each job
    std::uint64_t bytes = 0;
    std::size_t folders = 0;
    std::function<void()> note;  // instead of jobs
    std::future<void> written;
  };
  void submit();
  Batch& begin();  // the open one is under way then
  void settle_first();
  void write(Batch& batch);

  Archive& archive_;
  TreeWriter& writer_;
  const Done done_;
  const std::stop_token stop_;
  std::atomic<bool> cancelled_ = false;
  std::unique_ptr<Batch> open_;
  std::deque<std::unique_ptr<Batch>> under_way_;
  WorkerPool pool_;  // goes first: its threads use what stands above
};

}  // namespace backshelf
