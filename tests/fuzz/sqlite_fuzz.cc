// room: home
// Whatever a write-ahead log and its index hold: what is read of them stays inside them.
#include <cstdlib>

#include "engine/base/error.h"
#include "engine/home/sqlite_log.h"
#include "engine/stream/adapters.h"

namespace {

using namespace backshelf;

void check(const LogPages& log, std::size_t bytes) {
  std::uint32_t before = 0;
  for (const LogPage& page : log.pages) {
    if (page.page <= before || page.frame == 0 || page.frame > log.frames) std::abort();
    if (log.offset_of(page.frame) + log.page_bytes > bytes) std::abort();
    before = page.page;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes = std::as_bytes(std::span(data, size));
  (void)find_database_start(bytes);
  if (size >= kLogIndexBytes) (void)find_log_index(bytes);
  const MemorySource source(ByteVec(bytes.begin(), bytes.end()));
  const LogPages log = read_log(source);
  check(log, size);
  if (log.frames == 0) return 0;
  if (read_log(source, log.frames).pages.size() != log.pages.size()) std::abort();
  try {
    check(read_log(source, log.frames / 2), size);
  } catch (const Error& error) {  // isolation: a frame that ends no commit
    if (error.kind() != ErrorKind::kDamaged) std::abort();
  }
  return 0;
}
