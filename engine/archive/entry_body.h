// The content of one entry of an inner tar, in order; part of engine/archive.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "engine/base/entry.h"
#include "engine/base/error.h"
#include "engine/stream/source.h"
#include "engine/tar/tar_writer.h"

namespace backshelf {

// Throws Error(kInterrupted), naming `what`, when `stop` was requested.
void demand_running(const std::stop_token& stop, const char* what);

// All are borrowed. Reading throws what the tar throws, and kInterrupted on request.
class EntryBody final : public Source {
 public:
  EntryBody(const RandomSource& tar, const BodyLocation& body, std::uint64_t size, const char* what,
            const std::stop_token& stop)
      : tar_(tar), body_(body), size_(size), what_(what), stop_(stop) {}

  [[nodiscard]] std::size_t read(ByteSpan out) override;
  // Throws when not all of it was stored: the tar writer pads what cannot be read.
  void demand_whole(TarWriter::Body stored, const std::string& path) const;

 private:
  const RandomSource& tar_;
  const BodyLocation& body_;
  const std::uint64_t size_;
  const char* const what_;
  const std::stop_token& stop_;
  std::uint64_t at_ = 0;
  std::optional<Error> failure_;
};

}  // namespace backshelf
