// All uploads that are going on; for uploads.cc.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "fs/upload_entry.h"

namespace backshelf {

// Thread-safe; waits for no upload's work.
class UploadTable {
 public:
  void add(const UploadPtr& upload);  // gives it its id; throws Error(kBusy): too many
  [[nodiscard]] std::vector<UploadPtr> all() const;
  [[nodiscard]] UploadPtr find(std::uint64_t id) const;  // null: gone
  // Throws Error(kNotFound).
  [[nodiscard]] UploadPtr require(std::uint64_t id) const;
  // Not published yet, of this name; null: none.
  [[nodiscard]] UploadPtr staged(const std::string& place, std::string_view name) const;
  // Null when it was gone already.
  UploadPtr take(const Upload& upload);

 private:
  struct Table {
    std::uint64_t last_id = 0;
    std::map<std::uint64_t, UploadPtr> uploads;
  };
  Guarded<Table> table_;
};

}  // namespace backshelf
