#include "engine/keys/key_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/keys/key_ring.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class KeyFiles : public ::testing::Test {
 protected:
  KeyFiles() { ::unsetenv("CREDENTIALS_DIRECTORY"); }
  ~KeyFiles() override { ::unsetenv("CREDENTIALS_DIRECTORY"); }

  // A file of mode 0600; its path.
  std::string file(const std::string& name, const std::string& content) {
    directory_.write(name, content);
    ::chmod(directory_.path(name).c_str(), 0600);
    return directory_.path(name);
  }

  std::vector<std::string> load(const std::vector<std::string>& options = {}) {
    std::vector<std::string> texts;
    for (const SecretBytes& key : load_keys(options, config_))
      texts.emplace_back(as_text(key.view()));
    return texts;
  }

  Error failure(const std::vector<std::string>& options = {}) {
    try {
      (void)load_keys(options, config_);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "no error";
    return {ErrorKind::kInternal, "", ""};
  }

  TempDirectory directory_;
  KeyConfig config_;
};

TEST_F(KeyFiles, NothingConfiguredIsNoKey) {
  EXPECT_THAT(load(), IsEmpty());
}

TEST_F(KeyFiles, AnAbsentFileIsNoFailure) {
  config_.file = directory_.path("none");
  config_.old = directory_.path("none/at/all");
  EXPECT_THAT(load(), IsEmpty());
}

TEST_F(KeyFiles, SourcesHaveTheirOrder) {
  directory_.write("credentials/backshelf-key", "credential\n");
  ::setenv("CREDENTIALS_DIRECTORY", directory_.path("credentials").c_str(), 1);
  config_.command = "echo command";
  config_.file = file("key", "file\n");
  config_.old = file("old", "old 1\nold 2\n");
  EXPECT_THAT(load({file("k", "option\n")}),
              ElementsAre("option", "credential", "command", "file", "old 1", "old 2"));
}

TEST_F(KeyFiles, ACredentialsDirectoryWithoutOurKey) {
  ::setenv("CREDENTIALS_DIRECTORY", directory_.path().c_str(), 1);
  EXPECT_THAT(load(), IsEmpty());
}

// The error paths.

TEST_F(KeyFiles, AnOptionThatFailsIsExit4) {
  for (const std::string& path : {directory_.path("none"), directory_.path(), file("empty", ""),
                                  file("binary", std::string(100, '\0'))}) {
    const Error error = failure({path});
    EXPECT_EQ(error.kind(), ErrorKind::kNeedsKey) << path;
    EXPECT_THAT(error.what(), HasSubstr("reading the key of -k"));
    EXPECT_THAT(error.what(), HasSubstr(path));
  }
  EXPECT_EQ(failure({file("large", std::string(256 * kKiB + 1, 'x'))}).kind(),
            ErrorKind::kNeedsKey);
}

TEST_F(KeyFiles, ACredentialOrCommandThatFailsIsExit4) {
  config_.command = "echo secret-word; exit 3";
  EXPECT_EQ(failure().kind(), ErrorKind::kNeedsKey);
  EXPECT_THAT(failure().what(), HasSubstr("code 3"));
  EXPECT_THAT(failure().what(), ::testing::Not(HasSubstr("secret-word")));
  config_.command = "true";
  EXPECT_EQ(failure().kind(), ErrorKind::kNeedsKey);
  config_.command = "cat /dev/zero";
  EXPECT_EQ(failure().kind(), ErrorKind::kNeedsKey);
  config_.command = "";
  directory_.write("backshelf-key", "");
  ::setenv("CREDENTIALS_DIRECTORY", directory_.path().c_str(), 1);
  EXPECT_EQ(failure().kind(), ErrorKind::kNeedsKey);
}

TEST_F(KeyFiles, AKeyFileThatOthersReadIsRefused) {
  config_.file = file("key", "word\n");
  for (const mode_t mode : {0644U, 0640U, 0604U, 0610U}) {
    ::chmod(config_.file.c_str(), mode);
    EXPECT_EQ(failure().kind(), ErrorKind::kUsage);
    EXPECT_THAT(failure().what(), HasSubstr("chmod 600 " + config_.file));
  }
  ::chmod(config_.file.c_str(), 0400);
  EXPECT_THAT(load(), ElementsAre("word"));
}

TEST_F(KeyFiles, ALinkDoesNotHideTheMode) {
  config_.file = directory_.path("link");
  const std::string target = file("key", "word\n");
  ASSERT_EQ(::symlink(target.c_str(), config_.file.c_str()), 0);
  EXPECT_THAT(load(), ElementsAre("word"));
  ::chmod(target.c_str(), 0644);
  EXPECT_EQ(failure().kind(), ErrorKind::kUsage);
}

TEST_F(KeyFiles, AKeyFileOfAnotherUserIsRefused) {
  config_.old = file("old", "word\n");
  if (::chown(config_.old.c_str(), 12345, 12345) != 0) GTEST_SKIP() << "needs root";
  EXPECT_EQ(failure().kind(), ErrorKind::kUsage);
}

TEST_F(KeyFiles, AKeyFileThatIsNone) {
  config_.file = file("key", "\n");
  EXPECT_EQ(failure().kind(), ErrorKind::kUsage);
  config_.file = file("large", std::string(256 * kKiB + 1, 'x'));
  EXPECT_EQ(failure().kind(), ErrorKind::kUsage);
}

TEST_F(KeyFiles, TheFirstKeyIsPrivateAndReadBack) {
  const std::string path = directory_.path("key");
  const SecretBytes key = create_key_file(path);
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  EXPECT_EQ(directory_.read("key"), concat(as_text(key.view()), "\n"));
  config_.file = path;
  EXPECT_THAT(load(), ElementsAre(std::string(as_text(key.view()))));
}

TEST_F(KeyFiles, AKeyIsNeverReplaced) {
  const std::string path = file("key", "precious");
  EXPECT_THROW((void)create_key_file(path), Error);
  EXPECT_EQ(directory_.read("key"), "precious");
  EXPECT_EQ(directory_.count(), 1U) << "no temporary file is left";
  EXPECT_THROW((void)create_key_file(directory_.path("none/key")), Error);
}

TEST_F(KeyFiles, OurKitIsReadBackAsItsKey) {
  KitFacts facts{"Haus", "http://ha.local:8123", Instant(std::chrono::seconds(1'741'064'767))};
  for (const std::string& word : {std::string("ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ01"),
                                  std::string("correct horse: battery staple")}) {
    const SecretBytes kit = kit_text(as_bytes(word), facts);
    const std::string text(as_text(kit.view()));
    EXPECT_THAT(text, HasSubstr(concat("\nEncryption key:\n", word, "\n")));
    EXPECT_THAT(text, HasSubstr("\nInstance:\nHaus\n"));
    EXPECT_THAT(text, HasSubstr("\nDate: March "));
    EXPECT_THAT(load({file("kit", text)}), ElementsAre(word));
  }
}

TEST_F(KeyFiles, AKitThatNamesItsBackupsHoldsOneKey) {
  const KitFacts facts{"Haus", "", Instant(), {"Encryption key_", "a: b", "and 7 more"}};
  const SecretBytes kit = kit_text(as_bytes("my own: word"), facts);
  const std::string text(as_text(kit.view()));
  EXPECT_THAT(text, HasSubstr("\nIt opens:\n  Encryption key_\n  a: b\n  and 7 more\n\nFor more"));
  EXPECT_THAT(load({file("kit", text)}), ElementsAre("my own: word"));
}

TEST_F(KeyFiles, EachKeyOnceWithWhereItComesFrom) {
  config_.file = file("key", "first\n");
  config_.old = file("old", "second\nfirst\nthird");
  const auto known = load_known_keys({}, config_);
  ASSERT_EQ(known.size(), 3U);
  EXPECT_EQ(known[0].origin, config_.file);
  EXPECT_EQ(known[2].origin, config_.old);
  EXPECT_TRUE(known[2].key.equals(as_bytes("third")));
}

TEST_F(KeyFiles, OldKeysAreAddedBehindWhatIsThere) {
  const auto add = [&](const std::string& path, const char* key) {
    std::vector<SecretBytes> keys;
    keys.emplace_back(as_bytes(key));
    append_old_keys(path, keys);
  };
  config_.old = directory_.path("new");
  add(config_.old, "first key");
  add(config_.old, "second");
  EXPECT_THAT(load(), ElementsAre("first key", "second"));
  struct stat status {};
  ASSERT_EQ(::stat(config_.old.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  config_.old = file("no line end", "one");
  add(config_.old, "two");
  EXPECT_THAT(load(), ElementsAre("one", "two"));
  // With a second line it would be taken for a kit, and its key not be found any more.
  config_.old = file("label", "secret:");
  EXPECT_THROW(add(config_.old, "ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ01"), Error);
  EXPECT_THAT(load(), ElementsAre("secret:"));
  // A kit is no list: nothing is lost, and nothing added where it would not be found.
  const std::string kit = file("kit", "Kit\nEncryption key:\nABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ01\n");
  EXPECT_THROW(add(kit, "more"), Error);
  EXPECT_THAT(load({kit}), ::testing::Contains("ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ01"));
  ::chmod(kit.c_str(), 0644);
  EXPECT_THROW(add(kit, "more"), Error);
}

}  // namespace
}  // namespace backshelf
