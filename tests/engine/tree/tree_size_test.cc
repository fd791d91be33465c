// Many entries, and deep ones.
#include <gtest/gtest.h>

#include "tests/engine/tree/tree_fixture.h"

namespace backshelf {
namespace {

TEST_F(TreeTest, AHundredThousandEntriesStaySmall) {
  for (int i = 0; i < 100'000; ++i) {
    file(concat("folder_", i / 100, "/some_file_name_", i, ".json"));
  }
  build();
  EXPECT_EQ(tree_->size(), 101'001U);
  EXPECT_TRUE(has("folder_999/some_file_name_99999.json"));
  EXPECT_LT(tree_->memory_bytes() / tree_->size(), 150U);
}

TEST_F(TreeTest, DeepTreesAreFine) {
  std::string path = "d";
  for (int i = 0; i < 500; ++i) path += "/d";
  file(path + "/f");
  build();
  EXPECT_EQ(tree_->path(at(path).index).text(), path);
  EXPECT_TRUE(has(path + "/f"));
}

}  // namespace
}  // namespace backshelf
