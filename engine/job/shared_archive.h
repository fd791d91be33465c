// One archive on its way to several locations: sealed once, and each may fail by itself.
#pragma once

#include <optional>
#include <vector>

#include "engine/base/error.h"
#include "engine/location/location.h"

namespace backshelf {

// One thread at a time. A call throws the first member's Error once all have failed.
class SharedArchive final : public ArchiveSink {
 public:
  // Both are borrowed; what fails is noted in `failure`, and gets no more bytes.
  void add(ArchiveSink& sink, std::optional<Error>& failure);
  [[nodiscard]] bool is_empty() const { return members_.empty(); }

  void write(ByteView bytes) override;
  void patch(std::uint64_t offset, ByteView bytes) override;
  [[nodiscard]] std::uint64_t written() const override { return written_; }

 private:
  struct Member {
    ArchiveSink* sink;
    std::optional<Error>* failure;
  };
  template <typename Use>
  void each(const Use& use);

  std::vector<Member> members_;
  std::uint64_t written_ = 0;
};

}  // namespace backshelf
