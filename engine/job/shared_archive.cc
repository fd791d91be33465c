#include "engine/job/shared_archive.h"

#include <algorithm>

namespace backshelf {

void SharedArchive::add(ArchiveSink& sink, std::optional<Error>& failure) {
  members_.push_back({&sink, &failure});
}

template <typename Use>
void SharedArchive::each(const Use& use) {
  for (const Member& member : members_) {
    if (*member.failure) continue;
    try {
      use(*member.sink);
    } catch (const Error& error) {  // isolation: one location of several
      member.failure->emplace(error);
    }
  }
  const bool any = std::any_of(members_.begin(), members_.end(),
                               [](const Member& member) { return !*member.failure; });
  if (!any && !members_.empty()) throw Error(**members_.front().failure);
}

void SharedArchive::write(ByteView bytes) {
  each([&](ArchiveSink& sink) { sink.write(bytes); });
  written_ += bytes.size();
}

void SharedArchive::patch(std::uint64_t offset, ByteView bytes) {
  each([&](ArchiveSink& sink) { sink.patch(offset, bytes); });
}

}  // namespace backshelf
