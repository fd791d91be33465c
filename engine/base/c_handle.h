// A C library's handle as a unique_ptr: CHandle<FILE, fclose> file(...).
#pragma once

#include <memory>

namespace backshelf {

template <auto Free>
struct CFree {
  template <typename T>
  void operator()(T* handle) const noexcept {
    (void)Free(handle);
  }
};

template <typename T, auto Free>
using CHandle = std::unique_ptr<T, CFree<Free>>;

}  // namespace backshelf
