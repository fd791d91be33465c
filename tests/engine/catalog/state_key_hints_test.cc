#include "engine/catalog/state_key_hints.h"

#include <gtest/gtest.h>

#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

KeyHints::RootSalt salt_of(int number) {
  KeyHints::RootSalt salt{};
  salt[0] = static_cast<std::byte>(number);
  salt[15] = std::byte{0xFF};
  return salt;
}

TEST(StateKeyHints, SurviveARestart) {
  const TempDirectory directory;
  {
    const auto state = StateStore::open(directory.path());
    const auto hints = make_state_key_hints(*state);
    EXPECT_FALSE(hints->find(salt_of(1)));
    hints->note(salt_of(1), 7);
    hints->note(salt_of(2), 3);
    hints->note(salt_of(1), 0);
    EXPECT_EQ(hints->find(salt_of(1)), 0U);
  }
  const auto state = StateStore::open(directory.path());
  const auto hints = make_state_key_hints(*state);
  EXPECT_EQ(hints->find(salt_of(1)), 0U);
  EXPECT_EQ(hints->find(salt_of(2)), 3U);
  EXPECT_FALSE(hints->find(salt_of(3)));
}

TEST(StateKeyHints, IgnoreWhatIsNone) {
  const auto state = StateStore::open("");
  state->update([](Json& json) {
    Json hints = Json::object();
    hints.set("", 1).set("zz", 1).set("00", 1);
    hints.set("010000000000000000000000000000ff", -1);
    hints.set("020000000000000000000000000000ff", "x");
    hints.set("030000000000000000000000000000ff", 5);
    json.set("key_hints", std::move(hints));
  });
  const auto hints = make_state_key_hints(*state);
  EXPECT_FALSE(hints->find(salt_of(1)));
  EXPECT_FALSE(hints->find(salt_of(2)));
  EXPECT_EQ(hints->find(salt_of(3)), 5U);
}

}  // namespace
}  // namespace backshelf
