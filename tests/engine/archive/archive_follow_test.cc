#include <gtest/gtest.h>

#include "engine/archive/archive.h"
#include "tests/engine/archive/vectors.h"

namespace backshelf {
namespace {

class ArchiveFollow : public ::testing::Test {
 protected:
  // Content of what a link leads to; "" when that is no file here.
  [[nodiscard]] std::string target_of(const std::string& path) {
    const auto link = vector_.archive->find(*RelPath::parse(path));
    if (!link) return "(absent)";
    const auto file = vector_.archive->follow(link->id);
    if (!file) return "";
    return std::string(as_text(read_all(*vector_.archive, *file, 7)));
  }
  OpenVector vector_{vector_path("archives/links.tar"), Json("correct horse battery staple")};
};

TEST_F(ArchiveFollow, LeadsToFilesInsideTheBackup) {
  const auto file = vector_.archive->find(*RelPath::parse("share/orig"));
  ASSERT_TRUE(file);
  const std::string content(as_text(read_all(*vector_.archive, *file, 7)));
  EXPECT_EQ(target_of("share/rel"), content);
  EXPECT_EQ(target_of("share/sub/up"), content);
}

TEST_F(ArchiveFollow, NeverOutOfItNorRound) {
  for (const std::string name :
       {"abs", "out", "proc", "dang", "loop1", "selfl", "longl", "nl", "todir", "empty_target"}) {
    EXPECT_EQ(target_of("share/" + name), "") << name;
  }
  EXPECT_FALSE(vector_.archive->follow(Archive::kRoot));
}

}  // namespace
}  // namespace backshelf
