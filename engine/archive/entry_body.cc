#include "engine/archive/entry_body.h"

#include "engine/tree/tree.h"

namespace backshelf {

void demand_running(const std::stop_token& stop, const char* what) {
  if (stop.stop_requested()) throw Error(ErrorKind::kInterrupted, what, "it was stopped");
}

std::size_t EntryBody::read(ByteSpan out) {
  demand_running(stop_, what_);
  try {
    const std::size_t got = read_body(tar_, body_, size_, at_, out);
    at_ += got;
    return got;
  } catch (const Error& error) {  // cleanup: the tar writer would pad what is missing
    failure_ = error;
    throw;
  }
}

void EntryBody::demand_whole(TarWriter::Body stored, const std::string& path) const {
  if (failure_) throw failure_->in(path);
  if (stored == TarWriter::Body::kWhole) return;
  throw Error(ErrorKind::kDamaged, path, "its content is not whole in the archive");
}

}  // namespace backshelf
