#include "engine/tar/raw_header.h"

#include <gtest/gtest.h>

#include <map>

#include <algorithm>
#include <array>

#include "engine/base/error.h"

namespace backshelf {
namespace {

// All records; nullopt when one is malformed.
std::optional<std::map<std::string, std::string>> parse_pax(ByteView records) {
  std::map<std::string, std::string> found;
  const bool good = walk_pax(records, [&](std::string_view key, std::string_view value) {
    found.insert_or_assign(std::string(key), value);
  });
  return good ? std::optional(found) : std::nullopt;
}

// A block that can be edited and then given its checksum back.
class Block {
 public:
  Block() : bytes_(make_plain_header({"./backup.json", 5, 1'700'000'000, 0})) {}
  Block& put(std::size_t offset, std::string_view text) {
    std::ranges::copy(as_bytes(text), bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
    return *this;
  }
  Block& sum(bool is_signed = false) {
    put(148, "        ");
    int sum = 0;
    for (const std::byte byte : bytes_) {
      const int value = std::to_integer<int>(byte);
      sum += is_signed && value > 127 ? value - 256 : value;
    }
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "%06o", static_cast<unsigned>(sum));
    return put(148, {text.data(), 8});
  }
  [[nodiscard]] std::optional<RawHeader> parsed() const { return parse_raw_header(bytes_); }

 private:
  ByteVec bytes_;
};

TEST(RawHeader, ABlockWithOneWrongByteIsNone) {
  const ByteVec good = make_plain_header({"name", 123, 456, 0});
  ASSERT_TRUE(parse_raw_header(good));
  for (std::size_t i = 0; i < good.size(); ++i) {
    if (i == 155) continue;  // behind the end of the checksum
    ByteVec bad = good;
    bad[i] ^= std::byte{0x01};
    EXPECT_FALSE(parse_raw_header(bad)) << "byte " << i;
  }
}

TEST(RawHeader, ZerosAreNoHeader) {
  ByteVec zeros(kTarBlock);
  EXPECT_FALSE(parse_raw_header(zeros));
  EXPECT_TRUE(is_zero_block(zeros));
  zeros.back() = std::byte{1};
  EXPECT_FALSE(is_zero_block(zeros));
}

TEST(RawHeader, ANumberThatIsNoneMakesTheHeaderNone) {
  EXPECT_FALSE(Block().put(124, "0000000008z").sum().parsed());
  EXPECT_FALSE(Block().put(124, "-0000000001").sum().parsed());
  EXPECT_FALSE(Block().put(100, "99").sum().parsed());
  EXPECT_FALSE(Block().put(124, "\x80\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01").sum().parsed());
  EXPECT_FALSE(Block().put(124, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe").sum().parsed());
}

TEST(RawHeader, FieldsAreReadAsTheyStand) {
  const RawHeader header = Block().parsed().value();
  EXPECT_EQ(header.name, "./backup.json");
  EXPECT_EQ(header.type, '0');
  EXPECT_EQ(header.size, 5U);
  EXPECT_EQ(header.mode, 0644U);
  EXPECT_EQ(header.mtime, 1'700'000'000);
  EXPECT_TRUE(header.ustar);
}

TEST(RawHeader, NumbersComeInAllTheirForms) {
  using namespace std::string_view_literals;
  EXPECT_EQ(Block().put(124, "         17 ").sum().parsed()->size, 15U);
  EXPECT_EQ(Block().put(124, "\0\0\0\0\0\0\0\0\0\0\0\0"sv).sum().parsed()->size, 0U);
  EXPECT_EQ(Block().put(124, "777777777777"sv).sum().parsed()->size, 68'719'476'735U);
  EXPECT_EQ(Block().put(124, "\x80\0\0\0\0\0\0\x02\0\0\0\0"sv).sum().parsed()->size, 8589934592U);
  EXPECT_EQ(
      Block().put(136, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe").sum().parsed()->mtime,
      -2);
  EXPECT_EQ(Block().put(136, "-0000000002\0"sv).sum().parsed()->mtime, -2);
}

TEST(RawHeader, OldWritersSummedSignedBytes) {
  const auto header = Block().put(0, "gr\xc3\xbc\xc3\x9f").sum(true).parsed();
  ASSERT_TRUE(header);
  EXPECT_EQ(header->name, "gr\xc3\xbc\xc3\x9fup.json");
}

TEST(RawHeader, ThePrefixJoinsOnlyInPosixHeaders) {
  EXPECT_EQ(Block().put(345, "a/b").sum().parsed()->name, "a/b/./backup.json");
  EXPECT_EQ(Block().put(257, "ustar  ").put(345, "a/b").sum().parsed()->name, "./backup.json");
  EXPECT_FALSE(Block().put(257, "\1\1\1\1\1\1").sum().parsed()->ustar);
}

// PAX records.

TEST(RawHeader, PaxRecordsAreReadAndLaterOnesWin) {
  const auto records = parse_pax(as_bytes("13 path=a=b\n\n12 size=123\n10 size=4\n"));
  ASSERT_TRUE(records);
  EXPECT_EQ(records->at("path"), "a=b\n");
  EXPECT_EQ(records->at("size"), "4");
  using namespace std::string_view_literals;
  EXPECT_EQ(parse_pax(as_bytes("6 a=b\n\0\0\0"sv))->at("a"), "b");
  EXPECT_EQ(parse_pax(as_bytes("5 a=\n"))->at("a"), "");
  EXPECT_TRUE(parse_pax({})->empty());
}

TEST(RawHeader, MalformedPaxRecordsAreRefused) {
  for (const char* text :
       {"x", "6", "6 a=b", "7 a=b\n", "5 a=b\n", "6 a b\n", "4 =\n", "0 a=b\n", "-6 a=b\n",
        "6  a=b\n", " a=b\n", "99999999999999999999 a=b\n", "18446744073709551615 a=b\n", "3 \n"}) {
    EXPECT_FALSE(parse_pax(as_bytes(text))) << text;
  }
}

// The headers that are written.

TEST(RawHeader, AMemberHeaderIsAlways1536BytesLong) {
  const std::uint64_t edge = 8'589'934'591;
  for (const std::uint64_t size :
       {std::uint64_t{0}, std::uint64_t{1}, edge, edge + 1, std::uint64_t{1} << 62U}) {
    const ByteVec bytes = make_member_header({"core_ssh.tar.gz", size, 1'700'000'000, 123'456'000});
    ASSERT_EQ(bytes.size(), 1536U);
    const RawHeader pax = parse_raw_header(ByteView(bytes).first(512)).value();
    EXPECT_EQ(pax.name, "././@PaxHeader");
    EXPECT_EQ(pax.type, 'x');
    const auto records = parse_pax(ByteView(bytes).subspan(512, pax.size)).value();
    EXPECT_EQ(records.at("mtime"), "1700000000.123456");
    EXPECT_EQ(records.contains("size"), size > edge);
    if (size > edge) {
      EXPECT_EQ(records.at("size"), std::to_string(size));
    }
    const RawHeader main = parse_raw_header(ByteView(bytes).subspan(1024)).value();
    EXPECT_EQ(main.name, "core_ssh.tar.gz");
    EXPECT_EQ(main.size, size > edge ? 0 : size);
    EXPECT_EQ(main.mode, 0644U);
  }
}

TEST(RawHeader, FractionsOfTimeAreWrittenAsPythonReadsThem) {
  const auto written = [](std::int64_t seconds, std::uint32_t nanoseconds) {
    const ByteVec bytes = make_member_header({"a.tar", 0, seconds, nanoseconds});
    const std::uint64_t size = parse_raw_header(ByteView(bytes).first(512))->size;
    return parse_pax(ByteView(bytes).subspan(512, size))->at("mtime");
  };
  EXPECT_EQ(written(5, 0), "5.0");
  EXPECT_EQ(written(5, 1), "5.000000001");
  EXPECT_EQ(written(-1, 250'000'000), "-0.75");
  EXPECT_EQ(written(-3, 500'000'000), "-2.5");
  EXPECT_EQ(written(-3, 0), "-3.0");
}

TEST(RawHeader, NamesTooLongAreKeptInARecordOrRefused) {
  const std::string name(300, 'n');
  const ByteVec bytes = make_member_header({name, 1ULL << 40U, 1, 999'999'999});
  const std::uint64_t size = parse_raw_header(ByteView(bytes).first(512))->size;
  EXPECT_EQ(parse_pax(ByteView(bytes).subspan(512, size))->at("path"), name);
  EXPECT_THROW((void)make_member_header({std::string(500, 'n'), 1, 1, 0}), Error);
  EXPECT_THROW((void)make_plain_header({std::string(101, 'n'), 1, 1, 0}), Error);
  EXPECT_THROW((void)make_plain_header({"n", 8'589'934'592, 1, 0}), Error);
}

}  // namespace
}  // namespace backshelf
