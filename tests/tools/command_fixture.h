// The command line, run in this process with its output caught.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "engine/json/json.h"
#include "tests/support/small_archive.h"
#include "tests/support/temp_directory.h"
#include "tools/command_line.h"

namespace backshelf {

struct Outcome {
  int code = 0;
  std::string out, error;
};

class CommandFixture : public ::testing::Test {
 protected:
  static Outcome run(const std::vector<std::string>& words, const MountCommand& mount = {}) {
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    Outcome outcome;
    outcome.code = run_command_line(words, mount);
    outcome.out = ::testing::internal::GetCapturedStdout();
    outcome.error = ::testing::internal::GetCapturedStderr();
    return outcome;
  }
  // With the configuration of this test.
  Outcome shelf(std::vector<std::string> words) const {
    words.insert(words.end(), {"-c", files_.path("b.ini")});
    return run(words);
  }
  static std::string vector(const std::string& name) {
    return concat(BACKSHELF_TEST_DATA, "/vectors/archives/", name);
  }
  std::string secret(const std::string& name, const std::string& content) const {
    files_.write(name, content);
    (void)::chmod(files_.path(name).c_str(), 0600);
    return files_.path(name);
  }
  std::string vector_key() const { return secret("kit", "correct horse battery staple\n"); }

  // A home, an INI, and an empty place for archives.
  void configure(const std::string& extra = "") const {
    files_.write("home/config/configuration.yaml", "default_config:\n");
    files_.write("home/config/.HA_VERSION", "2026.11.2");
    std::filesystem::create_directories(files_.path("archives"));
    files_.write("b.ini", concat("[home]\nroot = ", files_.path("home"),
                                 "\n[key]\nfile = ", files_.path("key"),
                                 "\n[location local]\npath = ", files_.path("archives"),
                                 "\n[state]\npath = ", files_.path("state"),
                                 "\n[cache]\npath = ", files_.path("cache"), "\n", extra));
  }
  void add(const std::string& folder, int day) const {
    SmallArchive facts;
    facts.date = concat("2026-10-", day, "T00:00:00+00:00");
    facts.slug = concat("000000", day);
    files_.write(concat("archives/", folder, ".tar"), small_archive(facts));
  }
  Json rows(std::vector<std::string> words) const {
    const Outcome outcome = shelf(std::move(words));
    EXPECT_EQ(outcome.code, 0) << outcome.error;
    return parse_json(as_bytes(outcome.out));
  }

  const TempDirectory files_;
};

}  // namespace backshelf
