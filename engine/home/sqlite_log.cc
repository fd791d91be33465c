#include "engine/home/sqlite_log.h"

#include <algorithm>

#include "engine/base/error.h"

namespace backshelf {
namespace {

constexpr std::size_t kFramesAtOnceBytes = 256 * kKiB;
constexpr std::uint32_t kMostFrames = 8 << 20;  // 8 bytes of memory each; 32 GiB of usual pages

class LogReader {
 public:
  LogReader(const RandomSource& log, const LogHeader& header, std::optional<std::uint32_t> until)
      : log_(log), header_(header), until_(until), checksum_(header.checksum) {
    result_.salts = header.salts;
    result_.page_bytes = header.page_bytes;
  }

  LogPages run() {
    const std::size_t frame_bytes = kFrameHeaderBytes + header_.page_bytes;
    const std::size_t at_once = std::max<std::size_t>(1, kFramesAtOnceBytes / frame_bytes);
    ByteVec buffer(at_once * frame_bytes);
    bool goes_on = !is_enough();
    while (goes_on) {
      const std::size_t got = log_.read_at(kLogHeaderBytes + read_ * frame_bytes, buffer);
      goes_on = got == buffer.size();
      for (std::size_t at = 0; at + frame_bytes <= got; at += frame_bytes) {
        if (take(ByteView(buffer).subspan(at, frame_bytes)) && !is_enough()) continue;
        goes_on = false;
        break;
      }
    }
    return result();
  }

 private:
  [[nodiscard]] bool is_enough() const { return until_ && read_ >= *until_; }

  bool take(ByteView bytes) {
    const auto frame = check_frame(bytes, header_, checksum_);
    if (!frame) return false;
    if (read_ == kMostFrames) {
      throw Error(ErrorKind::kUnsupported, "reading a database's log", "it is too long",
                  "let the program that uses it checkpoint it");
    }
    ++read_;
    result_.pages.push_back({frame->page, static_cast<std::uint32_t>(read_)});
    if (frame->database_pages != 0) {
      result_.frames = static_cast<std::uint32_t>(read_);
      result_.database_pages = frame->database_pages;
    }
    return true;
  }

  LogPages result() {
    if (until_ && result_.frames != *until_) {
      throw Error(ErrorKind::kDamaged, "reading a database's log",
                  "its frames do not fit to each other");
    }
    std::vector<LogPage>& pages = result_.pages;
    pages.resize(result_.frames);
    std::sort(pages.begin(), pages.end(), [](const LogPage& a, const LogPage& b) {
      return a.page != b.page ? a.page < b.page : a.frame > b.frame;
    });
    const auto is_same = [](const LogPage& a, const LogPage& b) { return a.page == b.page; };
    pages.erase(std::unique(pages.begin(), pages.end(), is_same), pages.end());
    pages.shrink_to_fit();
    if (result_.frames == 0) result_.page_bytes = 0;
    return std::move(result_);
  }

  const RandomSource& log_;
  const LogHeader header_;
  const std::optional<std::uint32_t> until_;
  LogChecksum checksum_;
  std::uint64_t read_ = 0;
  LogPages result_;
};

}  // namespace

LogPages read_log(const RandomSource& log, std::optional<std::uint32_t> frames) {
  std::array<std::byte, kLogHeaderBytes> start{};
  std::optional<LogHeader> header;
  if (log.read_at(0, start) == start.size()) header = find_log_header(start);
  if (header) return LogReader(log, *header, frames).run();
  if (frames.value_or(0) == 0) return {};
  throw Error(ErrorKind::kDamaged, "reading a database's log", "it has no valid start");
}

}  // namespace backshelf
