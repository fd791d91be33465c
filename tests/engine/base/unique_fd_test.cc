#include "engine/base/unique_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace backshelf {
namespace {

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}
int open_null() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

TEST(UniqueFd, ClosesOnce) {
  const int fd = open_null();
  {
    UniqueFd owner(fd);
    UniqueFd other(std::move(owner));
    EXPECT_FALSE(owner.is_open());
    EXPECT_EQ(other.get(), fd);
  }
  EXPECT_FALSE(is_open(fd));
}

TEST(UniqueFd, AssignmentClosesWhatWasHeld) {
  const int first = open_null();
  const int second = open_null();
  UniqueFd owner(first);
  owner = UniqueFd(second);
  EXPECT_FALSE(is_open(first));
  EXPECT_EQ(owner.release(), second);
  EXPECT_TRUE(is_open(second));
  UniqueFd again(second);
  again.close();
  EXPECT_FALSE(again.is_open());
  again.close();
}

}  // namespace
}  // namespace backshelf
