#include "engine/job/put_archive.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/job/places.h"

namespace backshelf {
namespace {

constexpr std::size_t kPieceBytes = kMiB;

// Many hours of writing are not begun for a disk that cannot take it. Nothing known: try.
void check_space(Location& to, std::uint64_t needed) {
  const Space space = to.space();
  if (space.total_bytes == 0 || space.free_bytes >= needed) return;
  throw Error(ErrorKind::kNoSpace, concat("an archive of ", needed, " bytes"),
              concat("only ", space.free_bytes, " bytes are free"),
              "delete something there, or raise its max_size");
}

class Transfer {
 public:
  Transfer(const RandomSource& source, const std::stop_token& stop)
      : source_(source), stop_(stop) {}

  void run(PendingObject& object, const OnBytes& on_bytes) {
    ByteVec piece(static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, source_.size())));
    while (object.written() < source_.size()) {
      if (stop_.stop_requested()) {
        throw Error(ErrorKind::kInterrupted, "the copy", "it was cancelled");
      }
      object.write(next(object.written(), piece));
      if (on_bytes) on_bytes(object.written());
    }
  }
  [[nodiscard]] bool source_failed() const { return source_failed_; }

 private:
  ByteView next(std::uint64_t offset, ByteSpan piece) {
    source_failed_ = true;  // until it did not
    const std::uint64_t left = source_.size() - offset;
    const ByteSpan wanted = piece.first(std::min<std::uint64_t>(piece.size(), left));
    if (source_.read_at(offset, wanted) != wanted.size()) {
      throw Error(ErrorKind::kTruncated, "reading the archive", "it became shorter meanwhile",
                  "try again when nothing writes to it");
    }
    source_failed_ = false;
    return wanted;
  }

  const RandomSource& source_;
  const std::stop_token& stop_;
  bool source_failed_ = false;
};

}  // namespace

ObjectInfo commit_archive(PendingObject& object, Location& to, const std::string& file) {
  ObjectInfo made = object.commit(file);
  const auto shown = to.find(file);
  if (shown && shown->size == made.size) return made;
  throw Error(ErrorKind::kIo, concat("location ", to.name()),
              "it does not show the archive that was just written there",
              "see whether its disk was taken away");
}

ObjectInfo put_archive(const RandomSource& source, Location& to, const std::string& file,
                       const OnBytes& on_bytes, const std::stop_token& stop) {
  Transfer transfer(source, stop);
  try {
    (void)to.remove_leftovers();
    check_space(to, source.size());
    const std::unique_ptr<PendingObject> object = to.create("copy");
    transfer.run(*object, on_bytes);
    return commit_archive(*object, to, file);
  } catch (const Error& error) {  // cleanup: the same error, told with the location's name
    if (transfer.source_failed() || error.kind() == ErrorKind::kInterrupted) throw;
    throw told_of(to, error);
  }
}

}  // namespace backshelf
