// What is remembered of each archive, as it stands in the state; part of engine/catalog only.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/archive/archive.h"
#include "engine/base/clock.h"
#include "engine/json/json.h"
#include "engine/location/location.h"

namespace backshelf {

// The last thing a check or verify said of one member.
struct MemberRecord {
  std::string member, problem;
  State state = State::kUnchecked;
  bool authenticated = false;
};

// Of one file in one location. What depends on its bytes (`checked` and below) holds for `identity`
// alone; name, pin and origin stay when the bytes change.
struct Record {
  std::string location, file, identity, folder;
  std::uint64_t size = 0;
  Timestamp mtime;
  std::uint32_t slot = 0;
  bool pinned = false, uploaded = false, automatic = false;
  bool made = false;            // here, by this installation
  std::optional<Instant> gone;  // since then it is not there: its folder name is free

  bool checked = false, good = false;
  State state = State::kUnchecked;
  std::string problem;
  std::vector<MemberRecord> members;
  std::optional<Instant> verified;
};

struct DeletedRecord {
  Record record;
  std::string hidden;
  Instant when, until;
};

// Deleted while its location was away.
struct DelayedRecord {
  Record record;
  Instant since;
};

inline constexpr const char* kDelayedKey = "pending_deletes";  // of the state

// A file as a location lists it.
struct Found {
  std::string location;
  ObjectInfo object;
  bool growing = false;  // its headers say so: it will have another identity at the next look
};

using FileKey = std::pair<std::string, std::string>;  // location, file name

// The catalog's part of the state. A value: parsed, changed, printed back.
struct Records {
  std::map<FileKey, Record> files;
  std::vector<DeletedRecord> deleted;  // oldest first
  std::vector<DelayedRecord> delayed;  // oldest first
  std::uint32_t next_slot = 1;         // 0 is no backup
  bool made_good = false;              // this installation has once made a good backup

  [[nodiscard]] static Records parse(const Json& state);
  void print_into(Json& state) const;

  [[nodiscard]] Record* find(const std::string& location, const std::string& file);
  [[nodiscard]] const Record* find(const std::string& location, const std::string& file) const;
  // Gives what is new a slot and a folder name; a file whose bytes changed gets a new slot and
  // forgets what was known of them, but a growing one only once. What is not found is gone, unless
  // its location is `away`.
  // Returns whether anything changed.
  bool settle(const std::vector<Found>& found, const std::vector<std::string>& away, Instant now);
  // The same file, by name, size and time.
  [[nodiscard]] static bool is_of(const DelayedRecord& delayed, const std::string& location,
                                  const ObjectInfo& object);
  [[nodiscard]] bool is_delayed(const Found& found) const;
  // A folder name that no file that is there has, compared without case.
  [[nodiscard]] std::string free_folder(const std::string& wanted) const;
  std::uint32_t take_slot() { return next_slot++; }

 private:
  bool mark_gone(const std::set<FileKey>& present, const std::vector<std::string>& away,
                 Instant now);
};

}  // namespace backshelf
