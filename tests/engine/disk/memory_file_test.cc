#include "engine/disk/memory_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace backshelf {
namespace {

TEST(MemoryFile, HoldsTheTextFromItsStart) {
  for (const std::size_t size : {0U, 1U, 100'000U}) {
    const std::string text(size, 'x');
    std::string read(size + 1, '\0');
    const UniqueFd file = memory_file(text);
    ASSERT_EQ(::read(file.get(), read.data(), read.size()), static_cast<ssize_t>(size));
    EXPECT_EQ(read.substr(0, size), text);
    struct stat status {};
    ASSERT_EQ(::fstat(file.get(), &status), 0);
    EXPECT_TRUE(S_ISREG(status.st_mode));
    EXPECT_EQ(status.st_nlink, 0U) << "it has no name on any disk";
  }
}

}  // namespace
}  // namespace backshelf
