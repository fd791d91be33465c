#include "engine/archive/file_batches.h"

#include <algorithm>

namespace backshelf {
namespace {

constexpr std::size_t kReadBytes = kMiB;
// Of one batch: enough that handing it over costs nothing, little enough to share out.
constexpr std::size_t kMaxJobs = 64;
constexpr std::uint64_t kMaxBatchBytes = kMiB;
// A folder is held open while files wait to be written into it: at most the product of these two.
constexpr std::size_t kMaxFolders = 8;
constexpr std::size_t kMaxUnderWay = 32;

}  // namespace

bool ends_extraction(const Error& error) {
  return error.kind() == ErrorKind::kInterrupted || error.kind() == ErrorKind::kNoSpace;
}

void extract_file(Archive& archive, TreeWriter& writer, const FileJob& job, ByteVec& buffer,
                  const std::stop_token& stop) {
  writer.add_file(*job.folder, job.name, job.attributes, [&](Sink& sink) {
    std::uint64_t offset = 0;
    // Once also for an empty file: it may be one whose content is not there.
    do {
      if (stop.stop_requested()) {
        throw Error(ErrorKind::kInterrupted, "the extraction", "it was stopped");
      }
      const auto wanted = static_cast<std::size_t>(
          std::clamp<std::uint64_t>(job.attr.size - offset, 1, kReadBytes));
      if (buffer.size() < wanted) buffer.resize(wanted);
      const std::size_t count =
          archive.read(job.attr.id, offset, ByteSpan(buffer).first(wanted), stop);
      if (count == 0 && offset < job.attr.size) {
        throw Error(ErrorKind::kTruncated, "read a file of the backup", "it ends before its end");
      }
      sink.write(ByteView(buffer).first(count));
      offset += count;
    } while (offset < job.attr.size);
  });
}

FileBatches::FileBatches(Archive& archive, TreeWriter& writer, Done done, std::stop_token stop,
                         unsigned threads)
    : archive_(archive),
      writer_(writer),
      done_(std::move(done)),
      stop_(std::move(stop)),
      open_(std::make_unique<Batch>()),
      pool_(threads) {}

void FileBatches::add(FileJob job) {
  const bool other_folder = open_->jobs.empty() || open_->jobs.back().folder != job.folder;
  if (other_folder && open_->folders == kMaxFolders) submit();
  open_->folders += other_folder ? 1 : 0;
  open_->bytes += job.attr.size;
  open_->jobs.push_back(std::move(job));
  if (open_->jobs.size() == kMaxJobs || open_->bytes >= kMaxBatchBytes) submit();
}

void FileBatches::add_note(std::function<void()> note) {
  submit();
  open_->note = std::move(note);
  (void)begin();
}

void FileBatches::finish() {
  submit();
  while (!under_way_.empty()) settle_first();
}

void FileBatches::submit() {
  if (open_->jobs.empty()) return;
  Batch& batch = begin();
  batch.written = pool_.run([this, &batch] { write(batch); });
}

FileBatches::Batch& FileBatches::begin() {
  while (under_way_.size() >= kMaxUnderWay) settle_first();
  under_way_.push_back(std::exchange(open_, std::make_unique<Batch>()));
  return *under_way_.back();
}

void FileBatches::settle_first() {
  Batch& batch = *under_way_.front();
  if (batch.note) batch.note();
  if (batch.written.valid()) batch.written.get();
  for (std::size_t i = 0; i < batch.errors.size(); ++i) {
    const std::optional<Error>& error = batch.errors[i];
    if (error && ends_extraction(*error)) throw Error(*error);
    done_(batch.jobs[i], error ? &*error : nullptr);
  }
  under_way_.pop_front();
}

void FileBatches::write(Batch& batch) {
  ByteVec buffer;
  for (const FileJob& job : batch.jobs) {
    if (cancelled_) return;
    batch.errors.emplace_back();
    try {
      extract_file(archive_, writer_, job, buffer, stop_);
    } catch (const Error& error) {  // isolation: one file is told, and the rest goes on
      batch.errors.back() = error;
      if (ends_extraction(error)) return;
    }
  }
}

}  // namespace backshelf
