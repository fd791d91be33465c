#include "engine/archive/state_failure.h"

namespace backshelf {

std::optional<ErrorKind> failure_of(State state) {
  switch (state) {
    case State::kOk:
    case State::kUnchecked:
      return std::nullopt;
    case State::kNeedsKey:
      return ErrorKind::kNeedsKey;
    case State::kWrongKey:
      return ErrorKind::kWrongKey;
    case State::kUnsupported:
      return ErrorKind::kUnsupported;
    case State::kTruncated:
    case State::kArchiveTruncated:
      return ErrorKind::kTruncated;
    case State::kDamaged:
      return ErrorKind::kDamaged;
    case State::kBadMetadata:
      return ErrorKind::kBadMetadata;
    case State::kNotABackup:
      return ErrorKind::kNotABackup;
  }
  return ErrorKind::kInternal;
}

}  // namespace backshelf
