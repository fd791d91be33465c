#include "engine/archive/small_file.h"

#include "engine/archive/member_open.h"
#include "engine/base/error.h"

namespace backshelf {

std::optional<ByteVec> find_small_file(Archive& archive, std::string_view path, std::size_t limit,
                                       std::stop_token stop) {
  const auto place = RelPath::parse(path);
  if (!place) return std::nullopt;
  try {
    const auto attr = archive.find(*place, stop);
    if (!attr || attr->type != EntryType::kFile || attr->size > limit) return std::nullopt;
    ByteVec content(static_cast<std::size_t>(attr->size));
    const std::size_t got = archive.read(attr->id, 0, content, std::move(stop));
    if (got != content.size()) return std::nullopt;
    return content;
  } catch (const Error& error) {  // isolation: one file that cannot be read is as good as absent
    if (state_of(error.kind()) == State::kOk && error.kind() != ErrorKind::kNotFound) throw;
    return std::nullopt;
  }
}

}  // namespace backshelf
