#include "engine/keys/harvest.h"

#include <gtest/gtest.h>

namespace backshelf {
namespace {

std::string harvested(std::string_view storage) {
  const auto key = key_in_storage(as_bytes(storage));
  return key ? std::string(as_text(key->view())) : "none";
}

TEST(Harvest, TheKeyThatHomeAssistantKeeps) {
  EXPECT_EQ(harvested(R"({"version":1,"minor_version":7,"key":"backup","data":{"backups":[],
    "config":{"agents":{},"create_backup":{"agent_ids":["a"],"password":"ABCD-EFGH"}}}})"),
            "ABCD-EFGH");
}

TEST(Harvest, NothingElseIsAKey) {
  for (const char* const text :
       {"", "no json", "[]", R"({"data":{"config":{"create_backup":{"password":null}}}})",
        R"({"data":{"config":{"create_backup":{"password":""}}}})",
        R"({"data":{"config":{"create_backup":{"password":"two\nlines"}}}})",
        R"({"data":{"config":{"create_backup":{"password":7}}}})", R"({"password":"x"})"}) {
    EXPECT_EQ(harvested(text), "none") << text;
  }
  EXPECT_EQ(harvested(concat(R"({"data":{"config":{"create_backup":{"password":")",
                             std::string(1025, 'x'), R"("}}}})")),
            "none")
      << "no key file can hold it";
}

}  // namespace
}  // namespace backshelf
