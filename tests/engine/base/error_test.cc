#include "engine/base/error.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <string>

namespace backshelf {
namespace {

TEST(Error, IsOneLineThatSaysWhatWhyAndWhatToDo) {
  const Error error(ErrorKind::kNotFound, "open x", "it is not there", "look elsewhere");
  EXPECT_STREQ(error.what(), "open x: it is not there (look elsewhere)");
  EXPECT_STREQ(Error(ErrorKind::kIo, "read x", "broken").what(), "read x: broken");
  const Error outer = error.in("backup A");
  EXPECT_STREQ(outer.what(), "backup A: open x: it is not there (look elsewhere)");
  EXPECT_EQ(outer.kind(), ErrorKind::kNotFound);
}

TEST(Error, EveryKindHasItsOwnNameAndAnErrno) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(ErrorKind::kPartial); ++i) {
    const auto kind = static_cast<ErrorKind>(i);
    EXPECT_TRUE(names.insert(name_of(kind)).second) << name_of(kind);
    EXPECT_GT(errno_of(kind), 0);
    EXPECT_GE(exit_code_of(kind), 1);
    EXPECT_LE(exit_code_of(kind), 8);
  }
}

TEST(Error, ExitCodesAreThoseScriptsRelyOn) {
  EXPECT_EQ(exit_code_of(ErrorKind::kIo), 1);
  EXPECT_EQ(exit_code_of(ErrorKind::kUsage), 2);
  EXPECT_EQ(exit_code_of(ErrorKind::kNotFound), 3);
  EXPECT_EQ(exit_code_of(ErrorKind::kNeedsKey), 4);
  EXPECT_EQ(exit_code_of(ErrorKind::kWrongKey), 4);
  for (const ErrorKind kind : {ErrorKind::kUnsupported, ErrorKind::kTruncated, ErrorKind::kDamaged,
                               ErrorKind::kBadMetadata, ErrorKind::kNotABackup}) {
    EXPECT_EQ(exit_code_of(kind), 5);
  }
  EXPECT_EQ(exit_code_of(ErrorKind::kNoSpace), 6);
  EXPECT_EQ(exit_code_of(ErrorKind::kBusy), 7);
  EXPECT_EQ(exit_code_of(ErrorKind::kPartial), 8);
}

TEST(Error, ErrnosOfTheMountAreThoseProgramsExpect) {
  EXPECT_EQ(errno_of(ErrorKind::kReadOnly), EROFS);
  EXPECT_EQ(errno_of(ErrorKind::kNotPermitted), EPERM);
  EXPECT_EQ(errno_of(ErrorKind::kNotEmpty), ENOTEMPTY);
  EXPECT_EQ(errno_of(ErrorKind::kExists), EEXIST);
  EXPECT_EQ(errno_of(ErrorKind::kDamaged), EIO);
  EXPECT_EQ(errno_of(ErrorKind::kCrossDevice), EXDEV);
}

TEST(Error, AFailedSystemCallBecomesItsKind) {
  for (const auto& [number, kind] : {std::pair{ENOENT, ErrorKind::kNotFound},
                                     {ENOTDIR, ErrorKind::kNotFound},
                                     {EACCES, ErrorKind::kAccess},
                                     {EPERM, ErrorKind::kNotPermitted},
                                     {EROFS, ErrorKind::kReadOnly},
                                     {ENOSPC, ErrorKind::kNoSpace},
                                     {EDQUOT, ErrorKind::kNoSpace},
                                     {EEXIST, ErrorKind::kExists},
                                     {EIO, ErrorKind::kIo},
                                     {ENAMETOOLONG, ErrorKind::kInvalid},
                                     {EXDEV, ErrorKind::kCrossDevice},
                                     {12345, ErrorKind::kIo}}) {
    const Error error = error_from_errno(number, "open x");
    EXPECT_EQ(error.kind(), kind) << number;
    EXPECT_EQ(error.what_failed(), "open x");
    EXPECT_FALSE(error.why().empty());
  }
}

}  // namespace
}  // namespace backshelf
