// Copies what an archive shows to a directory: folders and links by the calling thread, files by
// several at once.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "engine/archive/archive.h"
#include "engine/base/error.h"
#include "engine/disk/tree_writer.h"

namespace backshelf {

class FileBatches;

// One thread at a time.
class Extraction {
 public:
  // Called by the thread that calls add() and finish(), in an order that does not depend on chance.
  using OnProblem = std::function<void(const Error&)>;

  // Archive and writer are borrowed. `threads`: how many write files.
  Extraction(Archive& archive, TreeWriter& writer, OnProblem on_problem, std::stop_token stop,
             unsigned threads);
  ~Extraction();
  Extraction(const Extraction&) = delete;
  Extraction& operator=(const Extraction&) = delete;

  // Called, as OnProblem is, for every file that was written.
  void on_written(std::function<void(const FolderAttr&)> call) { on_written_ = std::move(call); }

  // The entry at that path of the destination, and all below it; what fails is told and the rest
  // goes on. Throws kInterrupted and kNoSpace, after which only the destructor may be called.
  void add(const RelPath& path, const FolderAttr& attr);
  // Waits for the files, then makes hard links and sets the attributes of folders. Exactly once.
  void finish();
  // Files and links of the archive that were written, known after finish().
  [[nodiscard]] std::uint64_t written() const { return written_; }

 private:
  struct Link {
    RelPath path;
    FolderAttr attr;
  };
  template <typename Add>
  void add_or_tell(const Add& add, const RelPath& folder, std::string_view name);
  void add_entry(const RelPath& path, const FolderAttr& attr);
  void add_children(const RelPath& path, const FolderAttr& attr);
  void add_file(const TreeFolderPtr& folder, std::string_view name, const FolderAttr& attr);
  void add_link(const Link& link);
  void tell(const std::string& path, const Error& error) const;
  [[nodiscard]] TreeAttributes attributes_of(const FolderAttr& attr) const;

  Archive& archive_;
  TreeWriter& writer_;
  const OnProblem on_problem_;
  std::function<void(const FolderAttr&)> on_written_;
  const std::stop_token stop_;
  // Files with several names, by their content: the name written first, once it is.
  std::map<std::uint64_t, std::optional<RelPath>> first_names_;
  std::vector<Link> links_;  // further names, made when the first one is written
  std::uint64_t written_ = 0;
  std::unique_ptr<FileBatches> batches_;  // goes first: its threads use what stands above
};

}  // namespace backshelf
