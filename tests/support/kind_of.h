// Which error a call ends with.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "engine/base/error.h"

namespace backshelf {

// Fails the test when the call throws no Error.
template <typename Call>
ErrorKind kind_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.kind();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorKind::kInternal;
}

// What it says.
template <typename Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

}  // namespace backshelf
