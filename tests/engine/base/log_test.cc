#include "engine/base/log.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace backshelf {
namespace {

TEST(Log, KeepsTheLastLines) {
  const auto log = make_log(LogLevel::kError);
  for (std::size_t i = 0; i < RingLog::kLogLines + 10; ++i) log->info("line " + std::to_string(i));
  const std::string text = log->text();
  EXPECT_EQ(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')),
            RingLog::kLogLines);
  EXPECT_EQ(text.find("line 9\n"), std::string::npos);
  EXPECT_NE(text.find("info: line 1009\n"), std::string::npos);
}

TEST(Log, NeverShowsAKey) {
  const auto log = make_log(LogLevel::kError);
  const std::string key = "ABCD-1234-EFGH-5678-IJKL-9012-MNOP";
  log->info("file named " + key + ".txt and x" + key);
  EXPECT_EQ(log->text().find("ABCD"), std::string::npos);
  EXPECT_NE(log->text().find("file named ***.txt and x***"), std::string::npos);
}

TEST(Log, AHostileNameStaysOneLine) {
  const auto log = make_log(LogLevel::kError);
  log->warning("a\nb\x1b[2Jc\r\0d");
  const std::string text = log->text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  log->warning(std::string(100'000, 'x'));
  EXPECT_LT(log->text().size(), 10'000U);
}

TEST(Log, TheNullLogTakesEverything) {
  null_log().error("gone");
}

}  // namespace
}  // namespace backshelf
