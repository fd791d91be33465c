// What must survive a restart, as one JSON file (0600), replaced atomically; or in memory only, for
// a shelf without configuration.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/json/json.h"

namespace backshelf {

// Thread-safe. Two processes agree through the lock `state.lock` beside the file: update() reads
// the file anew under it.
class StateStore {
 public:
  virtual ~StateStore() = default;
  // `directory` empty: in memory only. A damaged file is kept aside as state.json.damaged, told in
  // `problem()`, and begun anew. One that is there and cannot be read is never written over.
  [[nodiscard]] static std::unique_ptr<StateStore> open(const std::string& directory);
  [[nodiscard]] virtual Json read() const = 0;  // the last known content; an object
  // One member of it; null when absent. Cheap, whatever else the state holds.
  [[nodiscard]] virtual Json member(std::string_view key) const { return read()[key]; }
  // Changes the content under the lock and makes it durable before returning; when the disk is full
  // the change is kept in memory and written later (a delete must work on a full disk). Throws
  // Error, and changes nothing, when the file is there and cannot be read.
  virtual void update(const std::function<void(Json&)>& change) = 0;
  // False while a change is in memory alone, and lost when this process ends.
  [[nodiscard]] virtual bool saved() const = 0;
  [[nodiscard]] virtual bool persistent() const = 0;
  [[nodiscard]] virtual const std::string& directory() const = 0;
  [[nodiscard]] virtual std::string problem() const = 0;
  // 32 hex digits, made on first use; throws as update().
  [[nodiscard]] virtual std::string installation() = 0;
};

}  // namespace backshelf
