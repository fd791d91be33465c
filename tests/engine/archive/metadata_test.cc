#include "engine/archive/metadata.h"

#include <gtest/gtest.h>

#include "engine/base/error.h"

namespace backshelf {
namespace {

constexpr char kHead[] = R"("slug":"7c984efa","name":"n","date":"2025-03-04T05:06:07+00:00",)"
                         R"("type":"partial")";

Metadata parse(const std::string& text) {
  return parse_metadata(as_bytes(text));
}
Metadata with(const std::string& more) {
  return parse(concat("{", kHead, more, "}"));
}

void expect_refused(const std::string& text, const std::string& word) {
  try {
    (void)parse(text);
    FAIL() << "accepted: " << text;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kBadMetadata);
    EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
  }
}

TEST(Metadata, says_which_field_is_wrong) {
  expect_refused("", "JSON");
  expect_refused("not json", "JSON");
  expect_refused("[]", "object");
  expect_refused("{}", "slug");
  expect_refused(R"({"slug":1,"name":"n","date":"d","type":"full"})", "slug");
  expect_refused(R"({"slug":"","name":"n","date":"d","type":"full"})", "slug");
  expect_refused(R"({"slug":"a","name":null,"date":"d","type":"full"})", "name");
  expect_refused(R"({"slug":"a","name":"n","type":"full"})", "date");
  expect_refused(R"({"slug":"a","name":"n","date":"d","type":"some"})", "type");
}

TEST(Metadata, accepts_what_every_year_wrote) {
  EXPECT_EQ(with("").version, 1);
  EXPECT_TRUE(with("").compressed);
  EXPECT_FALSE(with("").protected_flag);
  EXPECT_FALSE(with("").has_homeassistant);
  EXPECT_TRUE(with(R"(,"protected":"7")").protected_flag);
  EXPECT_TRUE(with(R"(,"protected":79501534)").protected_flag);
  EXPECT_FALSE(with(R"(,"protected":false)").protected_flag);
  EXPECT_EQ(with(R"(,"homeassistant":"0.50.2")").homeassistant_version, "0.50.2");
  EXPECT_FALSE(with(R"(,"homeassistant":{"boot":true})").has_homeassistant);
  EXPECT_TRUE(with(R"(,"homeassistant":{"version":"1","exclude_database":true})").exclude_database);
  EXPECT_TRUE(with(R"(,"folders":["ssl","homeassistant"])").has_homeassistant);
  EXPECT_EQ(with(R"(,"folders":["ssl","homeassistant"])").folders, std::vector<std::string>{"ssl"});
  EXPECT_EQ(with(R"(,"version":2,"version":3)").version, 3) << "the last one of a key counts";
  EXPECT_EQ(with(R"(,"addons":[{"slug":"a.b","name":"A","version":"1"},{}, 7])").addons.size(), 1U);
}

TEST(Metadata, accepts_a_byte_order_mark_and_nan) {
  EXPECT_EQ(parse(concat("\xef\xbb\xbf{", kHead, "}")).slug, "7c984efa");
  EXPECT_EQ(with(R"(,"homeassistant":{"version":"1","size":NaN})").homeassistant_version, "1");
}

TEST(Metadata, is_read_back_as_it_was_printed) {
  Metadata metadata =
      with(R"(,"version":2,"homeassistant":{"version":"2025.3.1"},"folders":["ssl"],)"
           R"("addons":[{"slug":"core_ssh","name":"SSH","version":"9"}],)"
           R"("supervisor_version":"2025.01.0","extra":{"instance_id":"x"})");
  metadata.protected_flag = true;
  const Metadata again = parse(print_metadata(metadata));
  EXPECT_EQ(again.slug, metadata.slug);
  EXPECT_EQ(again.date, metadata.date);
  EXPECT_EQ(again.version, 2);
  EXPECT_TRUE(again.protected_flag);
  EXPECT_EQ(again.homeassistant_version, "2025.3.1");
  EXPECT_EQ(again.folders, metadata.folders);
  ASSERT_EQ(again.addons.size(), 1U);
  EXPECT_EQ(again.addons[0].slug, "core_ssh");
  EXPECT_EQ(again.extra["instance_id"].text_or(""), "x");
  EXPECT_EQ(print_metadata(metadata).find(' '), std::string::npos) << "compact";
}

TEST(Metadata, makes_the_slug_as_the_supervisor_does) {
  // Python: hashlib.sha1(f"{date} - {name}".lower().encode()).hexdigest()[:8]
  EXPECT_EQ(make_slug("2025-03-04T05:06:07.891011+00:00", "v3_gz_basic").size(), 8U);
  EXPECT_EQ(make_slug("D", "NAME"), make_slug("d", "name"));
  EXPECT_EQ(make_slug("2025-01-01T00:00:00+00:00", "Test"), "7e6638e7");
}

TEST(Metadata, suggests_the_file_name_that_home_assistant_would) {
  EXPECT_EQ(suggested_file_name("Automatic backup 2025.3.0b0", "2025-02-27T04:47:21.001433+01:00"),
            "Automatic_backup_2025.3.0b0_2025-02-27_04.47_21001433.tar");
  EXPECT_EQ(suggested_file_name("a", "2025-02-27 04:47:21"), "a_2025-02-27_04.47_21000000.tar");
  EXPECT_EQ(suggested_file_name("  a \t\n b\xc2\xa0"
                                "c ",
                                "2025-02-27T04:47:21.5Z"),
            "a_b_c_2025-02-27_04.47_21500000.tar");
  EXPECT_EQ(suggested_file_name("\xc3\xbc:\"x", "no date"), "\xc3\xbc:\"x.tar");
}

}  // namespace
}  // namespace backshelf
