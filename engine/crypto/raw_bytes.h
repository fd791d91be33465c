// Bytes as the C libraries of this folder want them; private to it.
#pragma once

#include "engine/base/bytes.h"

namespace backshelf {

inline const unsigned char* raw(ByteView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
inline unsigned char* raw(ByteSpan bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

}  // namespace backshelf
