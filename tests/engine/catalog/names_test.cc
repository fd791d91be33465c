#include "engine/catalog/names.h"

#include <gtest/gtest.h>

#include "engine/base/bytes.h"
#include "engine/catalog/catalog.h"

namespace backshelf {
namespace {

TEST(FolderName, IsTheFileNameWithoutTar) {
  EXPECT_EQ(folder_name("Automatic_backup_2026.11.2_2026-11-23_04.45_21001433.tar"),
            "Automatic_backup_2026.11.2_2026-11-23_04.45_21001433");
  EXPECT_EQ(folder_name("a.tar.tar"), "a.tar");
  EXPECT_EQ(folder_name("Größe 5.tar"), "Größe 5");
  EXPECT_EQ(folder_name("given.bin"), "given.bin");
}

TEST(FolderName, ReplacesWhatWindowsCannotShow) {
  EXPECT_EQ(folder_name("a<b>c:d\"e\\f|g?h*i.tar"), "a_b_c_d_e_f_g_h_i");
  EXPECT_EQ(folder_name("line\nbreak\x7f.tar"), "line_break_");
  EXPECT_EQ(folder_name("ends with dots...tar"), "ends with dots__");
  EXPECT_EQ(folder_name("space .tar"), "space_");
  EXPECT_EQ(folder_name(" .tar"), "_");
  EXPECT_EQ(folder_name(".tar"), "_");
  EXPECT_EQ(folder_name("..tar"), "_");
}

TEST(FolderName, IsNoDeviceOfWindows) {
  for (const std::string device : {"CON", "nul", "Com1", "LPT9", "aux.backup", "COM\xC2\xB2"}) {
    const std::string folder = folder_name(device + ".tar");
    EXPECT_NE(fold_case(folder.substr(0, folder.find('.'))),
              fold_case(device.substr(0, device.find('.'))));
  }
  EXPECT_EQ(folder_name("COM10.tar"), "COM10");
  EXPECT_EQ(folder_name("contest.tar"), "contest");
}

TEST(FolderName, IsNoNameOfTheTreeItself) {
  for (const std::string taken : {"control", "status", "status.json", "log", "overview.html",
                                  "by-date", "locations", "Locations", ".previous", ".Trash-0"}) {
    EXPECT_TRUE(is_taken_name(taken)) << taken;
    EXPECT_FALSE(is_taken_name(folder_name(taken + ".tar"))) << taken;
  }
  EXPECT_FALSE(is_taken_name("my log"));
}

TEST(FoldCase, TreatsNamesAlikeThatDifferInCaseAlone) {
  EXPECT_EQ(fold_case("Über ŁÓDŹ ΑΒΓ МОСКВА Ёж"), fold_case("über łódź αβγ москва ёЖ"));
  EXPECT_NE(fold_case("a"), fold_case("b"));
  const std::string broken("\xC3", 1);
  EXPECT_EQ(fold_case(broken), broken);
}

TEST(NumberedFolder, StaysAFileName) {
  EXPECT_EQ(numbered_folder("A", 2), "A (2)");
  const std::string longest = numbered_folder(concat(std::string(254, 'x'), "\xC3\xA4"), 12);
  EXPECT_LE(longest.size(), 255U);
  EXPECT_TRUE(longest.ends_with("x (12)"));
}

}  // namespace
}  // namespace backshelf
