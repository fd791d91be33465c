#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "engine/keys/key_ring.h"

namespace backshelf {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Texts = std::vector<std::string>;

constexpr char kKey[] = "ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ01";
constexpr char kOther[] = "2345-6789-ABCD-EFGH-IJKL-MNOP-QRST";

Texts texts(const std::vector<SecretBytes>& keys) {
  Texts all;
  for (const SecretBytes& key : keys) all.emplace_back(as_text(key.view()));
  return all;
}

Texts keys_in(std::string_view text) {
  return texts(parse_key_text(as_bytes(text), "kit.txt"));
}

std::string refusal(std::string_view text) {
  try {
    (void)parse_key_text(as_bytes(text), "kit.txt");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_EQ(error.what_failed(), "reading the key from kit.txt");
    return error.why();
  }
  ADD_FAILURE() << "no error";
  return {};
}

std::string kit(std::string_view key) {
  return concat(
      "Home Assistant Backup Emergency Kit\n\nThis emergency kit contains your backup "
      "encryption key.\n\nDate: March 4, 2025 at 5:06 AM\n\nInstance:\nHome\n\nURL:\n"
      "http://homeassistant.local:8123\n\nEncryption key:\n",
      key,
      "\n\nFor more information visit: https://www.home-assistant.io/more-info/"
      "backup-emergency-kit\n");
}

TEST(KeyText, AKeyAlone) {
  EXPECT_THAT(keys_in(kKey), ElementsAre(kKey));
  EXPECT_THAT(keys_in(concat(kKey, "\n")), ElementsAre(kKey));
  EXPECT_THAT(keys_in(concat(kKey, "\r\n")), ElementsAre(kKey));
  EXPECT_THAT(keys_in(concat("\xEF\xBB\xBF", kKey, "\r\n")), ElementsAre(kKey));
}

TEST(KeyText, APasswordIsTakenAsItIs) {
  EXPECT_THAT(keys_in("correct horse battery staple\n"),
              ElementsAre("correct horse battery staple"));
  EXPECT_THAT(keys_in("  with blanks  \n"), ElementsAre("  with blanks  "));
  EXPECT_THAT(keys_in("https://x:"), ElementsAre("https://x:"));
  EXPECT_THAT(keys_in("p\xE4ss\n"), ElementsAre("p\xE4ss"));
}

TEST(KeyText, SeveralKeysInTheirOrderEachOnce) {
  EXPECT_THAT(keys_in(concat(kOther, "\n\n", kKey, "\n", kOther, "\n")), ElementsAre(kOther, kKey));
  EXPECT_THAT(keys_in(concat("my:password\n", kKey, "\n")), ElementsAre("my:password", kKey));
}

TEST(KeyText, AnEnglishKit) {
  EXPECT_THAT(keys_in(kit(kKey)), ElementsAre(kKey));
}

TEST(KeyText, AKitWithAPasswordThatIsNoKeyOfHomeAssistant) {
  EXPECT_THAT(keys_in(kit("correct horse")), ElementsAre("correct horse"));
}

TEST(KeyText, KitsInOtherLanguagesAndLineEnds) {
  EXPECT_THAT(keys_in(concat("\xEF\xBB\xBFHome Assistant Backup-Notfallkit\r\n\r\nDatum: 4. März "
                             "2025\r\n\r\nInstanz:\r\nHaus\r\n\r\nVerschlüsselungsschlüssel:\r\n",
                             kKey, "\r\n\r\nMehr: https://www.home-assistant.io/x\r\n")),
              ElementsAre(kKey));
  EXPECT_THAT(keys_in(concat("紧急套件\n日期：2025\n加密密钥：\n", kKey, "\n")), ElementsAre(kKey));
  EXPECT_THAT(keys_in(concat("Kit d'urgence\nClé de chiffrement :\n", kKey, "\n")),
              ElementsAre(kKey));
}

TEST(KeyText, APasswordInAKitOfAnyLanguageIsFoundByItsPlace) {
  for (const char* const text :
       {"Home Assistant Backup-Notfallkit\n\nText.\n\nDatum: 4. März "
        "2025\n\nInstanz:\nHaus\n\nURL:\n"
        "http://ha.local\n\nVerschlüsselungsschlüssel:\nmein eigenes wort\n\nMehr: https://x.io/\n",
        "Kit d'urgence\n\nInstance :\nMaison\n\nURL :\nhttp://ha.local\n\nClé de chiffrement :\n"
        "mein eigenes wort\n\nPlus : https://x.io/\n",
        "緊急キット\n\nインスタンス：\n家\n\nURL：\nhttp://ha.local\n\n暗号化キー：\nmein eigenes "
        "wort\n\n"
        "詳細 https://x.io/\n"}) {
    EXPECT_THAT(keys_in(text), ElementsAre("mein eigenes wort"));
  }
}

TEST(KeyText, AKeyInsideALongerWordIsNone) {
  EXPECT_THAT(refusal(kit("") + "X" + kKey + "\n"), ::testing::HasSubstr("holds no key"));
  EXPECT_THAT(keys_in(concat("Key:\n", "(", kKey, ")\n")), ElementsAre(kKey));
}

// The error paths.

TEST(KeyText, NothingInIt) {
  EXPECT_EQ(refusal(""), "there is no key in it");
  EXPECT_EQ(refusal("\r\n\n"), "there is no key in it");
  EXPECT_EQ(refusal("\xEF\xBB\xBF"), "there is no key in it");
}

TEST(KeyText, AKitWithoutAKeyNeverGivesItsTitleAsOne) {
  EXPECT_EQ(refusal("Notfallkit\nDatum: heute\nSchlüssel:\nmein wort\n"),
            "this looks like an emergency kit, but holds no key");
}

TEST(KeyText, GarbageIsNoKeyFile) {
  EXPECT_EQ(refusal(std::string("Secure\0Tar", 10)), "this is no key file");
  EXPECT_EQ(refusal(std::string(1025, 'k')), "this is no key file");
  EXPECT_EQ(keys_in(std::string(1024, 'k')).size(), 1U);
  std::string lines;
  for (int i = 0; i < 1001; ++i) lines += concat(i, "\n");
  EXPECT_EQ(refusal(lines), "this is no key file");
}

TEST(KeyForms, WhatAPersonMayHaveTyped) {
  const auto forms = [](std::string_view key) { return texts(forms_of(as_bytes(key))); };
  const std::string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ01";
  EXPECT_THAT(forms(kKey), ElementsAre(kKey, letters));
  EXPECT_THAT(forms(" abcd-efgh-ijkl-mnop-qrst-uvwx-yz01\t"),
              ElementsAre(" abcd-efgh-ijkl-mnop-qrst-uvwx-yz01\t",
                          "abcd-efgh-ijkl-mnop-qrst-uvwx-yz01", kKey, letters));
  EXPECT_THAT(forms("abcd efgh ijkl mnop qrst uvwx yz01"), ::testing::Contains(kKey));
  EXPECT_THAT(forms(letters), ElementsAre(letters, kKey));
  EXPECT_THAT(forms("secret"), ElementsAre("secret", "SECRET"));
}

TEST(KeyForms, ANewKeyHasHomeAssistantsForm) {
  const SecretBytes key = make_key();
  EXPECT_THAT(std::string(as_text(key.view())),
              ::testing::MatchesRegex("[A-Z0-9]{4}(-[A-Z0-9]{4}){6}"));
  EXPECT_FALSE(make_key().equals(key.view()));
  EXPECT_THAT(keys_in(concat("a:\n", as_text(key.view()), "\n")),
              ElementsAre(std::string(as_text(key.view()))));
}

}  // namespace
}  // namespace backshelf
