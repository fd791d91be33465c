#include "engine/job/command_text.h"

#include <gtest/gtest.h>

namespace backshelf {
namespace {

TEST(CommandText, reads_as_a_person_would_type_it) {
  BackupCommand backup;
  backup.full = true;
  backup.name = "Before \"update\"";
  backup.database = false;
  backup.to = {"local", "nas"};
  EXPECT_EQ(command_text(backup),
            R"(backup full name="Before \"update\"" database=exclude to=local,nas)");
  EXPECT_EQ(command_text(DeleteCommand{{"A", "B c"}, true}), "delete A \"B c\" force");
  EXPECT_EQ(command_text(VerifyCommand{}), "verify all");
  EXPECT_EQ(command_text(PinCommand{{"A"}, false}), "unpin A");
  EXPECT_EQ(command_verb(UndeleteCommand{{"A"}}), "undelete");
  EXPECT_EQ(command_verb(CancelCommand{}), "cancel");
}

}  // namespace
}  // namespace backshelf
