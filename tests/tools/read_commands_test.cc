#include <gmock/gmock.h>

#include <map>
#include <set>

#include "tests/tools/command_fixture.h"

namespace backshelf {
namespace {

using ::testing::HasSubstr;

class ReadCommands : public CommandFixture {
 protected:
  [[nodiscard]] std::string plain() const {
    files_.write("A.tar", small_archive({.stems = {"homeassistant", "ssl"}}));
    return files_.path("A.tar");
  }
  [[nodiscard]] std::set<std::string> names_in(const std::string& folder) const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(files_.path(folder))) {
      names.insert(entry.path().filename());
    }
    return names;
  }
};

TEST_F(ReadCommands, LsAndCatNeedNoConfiguration) {
  const std::string file = plain();
  EXPECT_EQ(run({"ls", file}).out, "backup.json\nconfig/\nssl/\n");
  EXPECT_EQ(run({"ls", file + ":config"}).out, "configuration.yaml\n");
  EXPECT_EQ(run({"ls", file + ":/config/"}).out, "configuration.yaml\n");
  EXPECT_EQ(run({"ls", file + ":ssl/file.txt"}).out, "file.txt\n");
  EXPECT_EQ(run({"cat", file + ":config/configuration.yaml"}).out, "default_config:\n");
}

TEST_F(ReadCommands, APathMayHoldAColon) {
  files_.write("a:b/c:d.tar", small_archive());
  EXPECT_EQ(run({"cat", files_.path("a:b/c:d.tar:config/configuration.yaml")}).out,
            "default_config:\n");
}

TEST_F(ReadCommands, ExtractGivesTheTreeOfTheFolder) {
  const std::string file = plain();
  const Outcome outcome = run({"extract", file, files_.path("out")});
  EXPECT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_EQ(files_.read("out/config/configuration.yaml"), "default_config:\n");
  EXPECT_EQ(files_.read("out/ssl/file.txt"), "default_config:\n");
  EXPECT_TRUE(files_.has("out/backup.json"));
  struct stat status {};
  ASSERT_EQ(::stat(files_.path("out/ssl/file.txt").c_str(), &status), 0);
  EXPECT_EQ(status.st_mtim.tv_sec, 1'700'000'000);
  EXPECT_EQ(run({"extract", file + ":ssl", files_.path("part")}).code, 0);
  EXPECT_TRUE(files_.has("part/ssl/file.txt"));
  EXPECT_FALSE(files_.has("part/config"));
}

TEST_F(ReadCommands, ExtractOverwritesNothingUnlessTold) {
  const std::string file = plain();
  files_.write("out/ssl/file.txt", "mine");
  const Outcome outcome = run({"extract", file, files_.path("out")});
  EXPECT_EQ(outcome.code, 8);
  EXPECT_THAT(outcome.error, HasSubstr("ssl/file.txt"));
  EXPECT_THAT(outcome.error, HasSubstr("--overwrite"));
  EXPECT_EQ(files_.read("out/ssl/file.txt"), "mine");
  EXPECT_EQ(run({"extract", "--overwrite", file, files_.path("out")}).code, 0);
  EXPECT_EQ(files_.read("out/ssl/file.txt"), "default_config:\n");
}

TEST_F(ReadCommands, ExtractNeverLeavesItsDestination) {
  files_.write("outside/file.txt", "mine");
  std::filesystem::create_directories(files_.path("out"));
  std::filesystem::create_symlink(files_.path("outside"), files_.path("out/ssl"));
  EXPECT_NE(run({"extract", "--overwrite", plain(), files_.path("out")}).code, 0);
  EXPECT_EQ(files_.read("outside/file.txt"), "mine");
}

TEST_F(ReadCommands, AHostileArchiveStaysInItsDestination) {
  const std::string key = vector_key();
  std::filesystem::create_directories(files_.path("box"));
  const std::map<std::string, int> codes = {
      {"hostile_paths.tar", 8}, {"names_special.tar", 0}, {"names_unicode.tar", 0}};
  for (const auto& [name, code] : codes) {
    const std::string box = concat("box/", name);
    const Outcome outcome = run({"extract", "-q", "-k", key, vector(name), files_.path(box)});
    EXPECT_EQ(outcome.code, code) << name << outcome.error;
    EXPECT_TRUE(files_.has(concat(box, "/share"))) << "nothing of it was extracted";
    EXPECT_FALSE(files_.has(concat(box, "/evil_through_up")));
  }
  EXPECT_EQ(names_in("."), (std::set<std::string>{"box", "kit"}));
  EXPECT_EQ(names_in("box").size(), codes.size());
  EXPECT_FALSE(std::filesystem::exists("/tmp/evil_through_link"));
}

TEST_F(ReadCommands, ALinkAndAFifoAreMade) {
  std::string inner;
  for (const auto& [name, type, link] :
       {std::tuple("pipe", '6', ""), std::tuple("link", '2', "pipe")}) {
    MemberHeader header;
    header.name = name;
    header.mtime_seconds = 1'700'000'000;
    std::string block(as_text(make_plain_header(header)));
    block[156] = type;
    block.replace(157, std::strlen(link), link);
    block.replace(148, 8, "        ");
    unsigned sum = 0;
    for (const char c : block) sum += static_cast<unsigned char>(c);
    std::array<char, 9> text{};
    (void)std::snprintf(text.data(), text.size(), "%06o", sum);
    block.replace(148, 7, std::string(text.data(), 7));
    inner += block;
  }
  inner.resize(kTarRecord, '\0');
  std::string tar = small_archive({.stems = {}});
  tar.resize(tar.find('\0', tar.find("\"backup\"") == std::string::npos ? 512 : 512));
  tar.resize((tar.size() + kTarBlock - 1) / kTarBlock * kTarBlock, '\0');
  add_tar_file(tar, "./share.tar.gz", stored_gzip(inner));
  tar.resize(tar.size() + kTarRecord, '\0');
  files_.write("A.tar", tar);
  const Outcome outcome = run({"extract", files_.path("A.tar"), files_.path("out")});
  EXPECT_EQ(outcome.code, 0) << outcome.error;
  struct stat status {};
  ASSERT_EQ(::lstat(files_.path("out/share/pipe").c_str(), &status), 0);
  EXPECT_TRUE(S_ISFIFO(status.st_mode));
  EXPECT_EQ(std::filesystem::read_symlink(files_.path("out/share/link")), "pipe");
}

// Error paths.

TEST_F(ReadCommands, ExitCodesSayWhatIsWrong) {
  const std::string basic = vector("v3_gz_basic.tar");
  const std::string good = vector_key();
  const std::string wrong = secret("wrong", "AAAA-BBBB-CCCC-DDDD-EEEE-FFFF-GGGG\n");
  files_.write("picture.tar", std::string(2000, 'x'));
  const std::string file = plain();
  struct Case {
    std::vector<std::string> words;
    int code;
  };
  for (const Case& one : std::vector<Case>{
           {{"ls", "-k", good, basic}, 0},
           {{"ls", basic}, 4},
           {{"ls", "-k", wrong, basic}, 4},
           {{"cat", basic + ":config/configuration.yaml"}, 4},
           {{"extract", "-k", wrong, basic, files_.path("no")}, 4},
           {{"ls", "-k", files_.path("nokey"), basic}, 4},
           {{"ls", files_.path("picture.tar")}, 5},
           {{"extract", files_.path("picture.tar"), files_.path("no")}, 5},
           {{"verify", "-k", good, vector("dmg_v3_gz_23_mid.tar")}, 5},
           {{"cat", "-k", good, vector("dmg_v3_gz_23_mid.tar") + ":ssl/fullchain.pem"}, 5},
           {{"extract", "-k", good, vector("dmg_v3_gz_23_mid.tar"), files_.path("part")}, 8},
           {{"ls", files_.path("gone.tar")}, 3},
           {{"cat", file + ":config/none"}, 3},
           {{"cat", file + ":config"}, 2},
           {{"cat", file}, 2},
           {{"cat", file + ":../x"}, 2},
           {{"verify", file}, 0},
           {{"verify", file, files_.path("gone.tar")}, 8}}) {
    const Outcome outcome = run(one.words);
    EXPECT_EQ(outcome.code, one.code) << one.words[0] << " " << one.words.back() << outcome.error;
    EXPECT_EQ(outcome.error.empty(), one.code == 0) << outcome.error;
  }
}

TEST_F(ReadCommands, ADamagedFileIsNamedAndNotWritten) {
  std::string bytes = small_archive({.stems = {"homeassistant", "ssl"}});
  bytes[bytes.rfind("default_config")] = '!';
  files_.write("A.tar", bytes);
  const Outcome outcome = run({"extract", files_.path("A.tar"), files_.path("out")});
  EXPECT_EQ(outcome.code, 8);
  EXPECT_THAT(outcome.error, HasSubstr("ssl"));
  EXPECT_FALSE(files_.has("out/ssl/file.txt"));
  EXPECT_TRUE(files_.has("out/config/configuration.yaml"));
}

TEST_F(ReadCommands, NoSecretIsEverShown) {
  const std::string wrong = secret("wrong", "AAAA-BBBB-CCCC-DDDD-EEEE-FFFF-GGGG\n");
  const Outcome outcome = run({"ls", "-v", "-k", wrong, vector("v3_gz_basic.tar")});
  EXPECT_EQ((outcome.out + outcome.error).find("AAAA-BBBB"), std::string::npos);
}

}  // namespace
}  // namespace backshelf
