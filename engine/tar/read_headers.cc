#include <algorithm>

#include "engine/stream/adapters.h"
#include "engine/tar/raw_header.h"
#include "engine/tar/tar_scan.h"

namespace backshelf {

std::optional<Entry> read_headers(ByteVec headers) {
  TarScanLimits limits;
  limits.buffer_bytes = std::max(headers.size(), 2 * kTarBlock);
  const std::size_t size = headers.size();
  std::optional<Entry> found;
  const TarVisit visit = [&](const Entry& entry, const BodyLocation& body) {
    const bool whole = body.header_offset == 0 && body.data_offset == size;
    if (whole && body.extents.empty()) found = entry;
  };
  (void)scan_tar(MemorySource(std::move(headers)), visit, limits);
  return found;
}

}  // namespace backshelf
