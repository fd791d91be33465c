#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "engine/control/control.h"

namespace backshelf {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

template <typename Wanted>
Wanted parsed(std::string_view line) {
  const Command command = parse_command(line);
  const Wanted* const wanted = std::get_if<Wanted>(&command);
  EXPECT_NE(wanted, nullptr) << line;
  return wanted == nullptr ? Wanted{} : *wanted;
}

std::string refusal(std::string_view line, ErrorKind kind = ErrorKind::kUsage) {
  try {
    (void)parse_command(line);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error: " << line;
  return {};
}

TEST(SplitWords, AsAShellDoes) {
  EXPECT_THAT(split_words(""), IsEmpty());
  EXPECT_THAT(split_words(" \t\r\n"), IsEmpty());
  EXPECT_THAT(split_words(" a  b\tc\r\n"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(split_words(R"(a='b c'd "e 'f'" '')"), ElementsAre("a=b cd", "e 'f'", ""));
  EXPECT_THAT(split_words(R"("a\"b\\c\$d\`e\f" \' \ g)"), ElementsAre("a\"b\\c$d`e\\f", "'", " g"));
  EXPECT_THAT(split_words(R"('a\b' $HOME * # ~ ; | >)"),
              ElementsAre("a\\b", "$HOME", "*", "#", "~", ";", "|", ">"));
}

TEST(SplitWords, AnUnfinishedQuoteIsRefused) {
  for (const char* const line : {"a 'b", "a \"b", "a\\", "\"\\", "\"a\\\""}) {
    EXPECT_THROW((void)split_words(line), Error) << line;
  }
}

TEST(BackupCommandLine, EveryOption) {
  const auto plain = parsed<BackupCommand>("backup");
  EXPECT_FALSE(plain.full);
  EXPECT_EQ(plain.name, "");
  EXPECT_THAT(plain.parts, IsEmpty());
  EXPECT_EQ(plain.database, std::nullopt);
  EXPECT_THAT(plain.to, IsEmpty());
  EXPECT_TRUE(parsed<BackupCommand>("backup full").full);
  EXPECT_TRUE(parsed<BackupCommand>("backup parts=full").full);
  const auto all = parsed<BackupCommand>(
      "backup name=\"Vor dem Update\" parts=config,app:core_ssh,apps,config database=exclude "
      "to=local,nas\r\n");
  EXPECT_EQ(all.name, "Vor dem Update");
  EXPECT_THAT(all.parts, ElementsAre("config", "app:core_ssh", "apps"));
  EXPECT_EQ(all.database, false);
  EXPECT_THAT(all.to, ElementsAre("local", "nas"));
  EXPECT_EQ(parsed<BackupCommand>("backup database=include").database, true);
}

TEST(BackupCommandLine, ANameOf200BytesFits) {
  EXPECT_EQ(parsed<BackupCommand>("backup name=" + std::string(200, 'n')).name.size(), 200U);
  EXPECT_THAT(refusal("backup name=" + std::string(201, 'n')), HasSubstr("201 bytes"));
}

TEST(FolderCommands, TakeFolders) {
  EXPECT_THAT(parsed<DeleteCommand>("delete 'A b' C A\\ b").folders, ElementsAre("A b", "C"));
  EXPECT_FALSE(parsed<DeleteCommand>("delete A").force);
  EXPECT_TRUE(parsed<DeleteCommand>("delete A/ force").force);
  EXPECT_THAT(parsed<DeleteCommand>("delete A/ force").folders, ElementsAre("A"));
  EXPECT_THAT(parsed<DeleteCommand>("delete force").folders, ElementsAre("force"));
  EXPECT_FALSE(parsed<DeleteCommand>("delete force A").force);
  EXPECT_THAT(parsed<UndeleteCommand>("undelete A").folders, ElementsAre("A"));
  EXPECT_TRUE(parsed<PinCommand>("pin A").pin);
  EXPECT_FALSE(parsed<PinCommand>("unpin A").pin);
  EXPECT_THAT(parsed<VerifyCommand>("verify A B").folders, ElementsAre("A", "B"));
  EXPECT_THAT(parsed<VerifyCommand>("verify all").folders, IsEmpty());
  (void)parsed<CancelCommand>("cancel");
}

// The error paths.

TEST(BadCommands, SayWhatWasProbablyMeant) {
  EXPECT_THAT(refusal("bakup"), HasSubstr("unknown command 'bakup'; did you mean 'backup'?"));
  EXPECT_THAT(refusal("backup nmae=x"), HasSubstr("did you mean 'name='?"));
  EXPECT_THAT(refusal("backup fulll"), HasSubstr("did you mean 'full'?"));
  EXPECT_THAT(refusal("backup config"), HasSubstr("did you mean 'parts=config'?"));
  EXPECT_THAT(refusal("backup parts=app/core_ssh"), HasSubstr("unknown part 'app/core_ssh'"));
  EXPECT_THAT(refusal("list"), HasSubstr("backshelf list"));
}

TEST(Commands, PartsMayBeNamesOfFolders) {
  EXPECT_THAT(parsed<BackupCommand>("backup parts=documents,config").parts,
              ElementsAre("documents", "config"));
}

TEST(Commands, RestoreCopyAndPrune) {
  const auto restore =
      parsed<RestoreCommand>("restore 'my home' parts=config,app:core_ssh database=keep force");
  EXPECT_EQ(restore.folder, "my home");
  EXPECT_THAT(restore.parts, ElementsAre("config", "app:core_ssh"));
  EXPECT_TRUE(restore.keep_database);
  EXPECT_TRUE(restore.force);
  const auto copy = parsed<CopyCommand>("copy A B to=nas,usb");
  EXPECT_THAT(copy.folders, ElementsAre("A", "B"));
  EXPECT_THAT(copy.to, ElementsAre("nas", "usb"));
  EXPECT_TRUE(parsed<PruneCommand>("prune dry-run").dry_run);
  EXPECT_FALSE(parsed<PruneCommand>("prune").dry_run);
}

TEST(BadCommands, OfRestoreCopyAndPrune) {
  EXPECT_THAT(refusal("restore"), HasSubstr("no backup is named"));
  EXPECT_THAT(refusal("restore A part=config"), HasSubstr("did you mean 'parts'"));
  EXPECT_THAT(refusal("restore A database=exclude"), HasSubstr("database=keep"));
  EXPECT_THAT(refusal("copy A"), HasSubstr("to= names no location"));
  EXPECT_THAT(refusal("prune all"), HasSubstr("prune dry-run"));
}

TEST(BadCommands, AreRefused) {
  for (const char* const line : {"",
                                 "   ",
                                 "''",
                                 "backup name",
                                 "backup name=",
                                 "backup name='  '",
                                 "backup name=a/b",
                                 "backup name=a name=b",
                                 "backup full full",
                                 "backup full parts=config",
                                 "backup parts=",
                                 "backup parts=,",
                                 "backup parts=app:",
                                 "backup parts=app:a/b",
                                 "backup parts=app:..",
                                 "backup database=no",
                                 "backup to=",
                                 "backup to",
                                 "backup full=yes",
                                 "backup =",
                                 "delete",
                                 "delete ''",
                                 "delete a/b",
                                 "delete /backup/A",
                                 "delete /",
                                 "undelete",
                                 "pin",
                                 "verify",
                                 "verify all A",
                                 "cancel now",
                                 "backup 'name=x",
                                 "BACKUP"}) {
    (void)refusal(line);
  }
}

TEST(BadCommands, HostileBytesAreRefusedAndNotRepeated) {
  using namespace std::string_view_literals;
  EXPECT_THAT(refusal("backup name='a\x1B[2Jb'"), HasSubstr("\\x1B"));
  EXPECT_THAT(refusal("backup name='a\0b'"sv), HasSubstr("\\x00"));
  EXPECT_THAT(refusal("backup name='a\xC2\x85'"), HasSubstr("control character"));
  EXPECT_THAT(refusal("x\x1B[2J"), HasSubstr("'x\\x1B[2J'"));
  EXPECT_THAT(refusal("backup name=\xFF", ErrorKind::kInvalid), HasSubstr("no UTF-8"));
  EXPECT_THROW((void)parse_words({"backup", "name=\xFF"}), Error);
}

TEST(BadCommands, ALineHas4096BytesAtMost) {
  const std::string line = "verify " + std::string(kControlLineBytes - 7, 'a');
  EXPECT_EQ(parsed<VerifyCommand>(line).folders.size(), 1U);
  (void)refusal(line + "a", ErrorKind::kInvalid);
}

TEST(Grammar, NamesEveryCommand) {
  for (const char* const word : {"backup", "delete", "undelete", "pin", "unpin", "verify", "cancel",
                                 "name=", "parts=", "database=exclude", "to="}) {
    EXPECT_THAT(grammar_text(), HasSubstr(word));
  }
}

}  // namespace
}  // namespace backshelf
