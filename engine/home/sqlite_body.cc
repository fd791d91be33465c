#include "engine/home/sqlite_body.h"

#include <fcntl.h>

#include <algorithm>

#include "engine/base/error.h"
#include "engine/home/sqlite_hold.h"

namespace backshelf {
namespace {

// The database's file with the log's pages laid over it.
class LaidOver final : public DatabaseBody {
 public:
  explicit LaidOver(std::unique_ptr<DatabaseHold> hold) : hold_(std::move(hold)) {
    (void)::posix_fadvise(hold_->files().database().get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  }

  [[nodiscard]] std::uint64_t size() const override { return hold_->size(); }
  [[nodiscard]] const std::string& problem() const override { return ending_.problem; }
  [[nodiscard]] std::uint64_t log_growth_bytes() const override { return ending_.log_growth_bytes; }

  [[nodiscard]] std::size_t read(ByteSpan out) override {
    out = out.first(std::min<std::uint64_t>(out.size(), size() - position_));
    std::size_t filled = 0;
    while (filled < out.size()) {
      const std::size_t got = read_piece(out.subspan(filled));
      if (got == 0) break;
      filled += got;
      position_ += got;
    }
    if (filled < out.size() || position_ == size()) end();
    return filled;
  }

 private:
  // Either of one page of the log, or of the pages of the database up to the next such.
  std::size_t read_piece(ByteSpan out) {
    const LogPages& log = hold_->log();
    if (log.pages.empty()) return hold_->read_at(position_, out);
    const std::uint64_t page_bytes = log.page_bytes, page = position_ / page_bytes + 1;
    while (next_ < log.pages.size() && log.pages[next_].page < page) ++next_;
    const bool is_last = next_ == log.pages.size();
    if (is_last || log.pages[next_].page != page) {
      const std::uint64_t end = is_last ? size() : (log.pages[next_].page - 1) * page_bytes;
      return read_database(out.first(std::min<std::uint64_t>(out.size(), end - position_)));
    }
    const std::uint64_t inside = position_ % page_bytes;
    out = out.first(std::min<std::uint64_t>(out.size(), page_bytes - inside));
    if (hold_->read_log(log.offset_of(log.pages[next_].frame) + inside, out) == out.size()) {
      return out.size();
    }
    throw Error(ErrorKind::kTruncated, "reading a database's log", "it was cut short meanwhile");
  }

  // A page that neither the log nor the file holds is empty: so SQLite reads it too.
  std::size_t read_database(ByteSpan out) {
    const std::size_t got = hold_->read_at(position_, out);
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(got), out.end(), std::byte{});
    return out.size();
  }

  void end() {
    if (has_ended_) return;
    has_ended_ = true;
    try {
      ending_ = hold_->end();
    } catch (const Error& error) {  // isolation: what was read stands, but nothing vouches for it
      ending_.problem = error.why();
    }
  }

  const std::unique_ptr<DatabaseHold> hold_;
  std::uint64_t position_ = 0;
  std::size_t next_ = 0;  // of the log's pages: the first not before the position
  bool has_ended_ = false;
  Ending ending_;
};

}  // namespace

std::unique_ptr<DatabaseBody> open_database(const UniqueFd& file, std::uint64_t memory_bytes) {
  return std::make_unique<LaidOver>(hold_database(file, memory_bytes));
}

}  // namespace backshelf
