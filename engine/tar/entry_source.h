// What is to be stored, as the archive sees it: entries with lent bodies. Implemented by
// engine/home.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/entry.h"
#include "engine/stream/source.h"

namespace backshelf {

// A file that could not be stored as it was; the backup goes on.
struct Skipped {
  std::string path;
  std::string reason;
};

// The content of a regular file.
class BodySource : public Source {
 public:
  // None: that the file is unchanged can be told by reading it only.
  [[nodiscard]] virtual std::optional<FileStat> stat() const { return std::nullopt; }
};

// One thread at a time.
class EntrySource {
 public:
  // `body` is null unless entry.type is kFile; it is lent for the call only.
  using Visit = std::function<void(const Entry& entry, BodySource* body)>;

  virtual ~EntrySource() = default;
  // Calls `visit` for every entry of the part in the order they are to be stored; paths as they
  // stand in the inner tar. What cannot be read is reported through skipped(), not thrown; throws
  // Error only when the part's root is missing or unreadable, and whatever `visit` throws.
  virtual void for_each(const std::string& part, const Visit& visit) = 0;
  // Everything that was left out or stored incompletely so far.
  [[nodiscard]] virtual std::vector<Skipped> skipped() const = 0;
};

}  // namespace backshelf
