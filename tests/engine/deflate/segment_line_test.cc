// What the packer says of its segments, and what it takes from an earlier backup.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>

#include "engine/crypto/hash.h"
#include "engine/deflate/packer.h"
#include "tests/engine/deflate/gzip_samples.h"
#include "tests/support/kind_of.h"

namespace backshelf {
namespace {

using namespace samples;

struct PackedLine {
  ByteVec bytes;
  std::vector<Segment> segments;
};

// Every body as a file of its own.
PackedLine pack(const std::vector<ByteVec>& bodies, const PackOptions& options) {
  WorkerPool pool(2);
  MemorySink sink;
  const auto packer = make_packer(options, sink, pool);
  for (const ByteVec& body : bodies) {
    packer->mark_entry("file");
    packer->write(ByteVec(512));
    packer->mark_body(body.size());
    packer->write(body);
    packer->mark_body_end();
  }
  PackedLine packed;
  packed.segments = packer->finish();
  packed.bytes = sink.take();
  return packed;
}

ByteVec plain_of(const std::vector<ByteVec>& bodies) {
  ByteVec plain;
  for (const ByteVec& body : bodies) {
    append(plain, ByteVec(512));
    append(plain, body);
  }
  return plain;
}

// Keeps every segment of an earlier result by its hash.
class Earlier final : public SegmentReuse {
 public:
  explicit Earlier(const PackedLine& packed) {
    std::size_t at = kGzipHeaderBytes;
    for (const Segment& segment : packed.segments) {
      const ByteView bytes = ByteView(packed.bytes).subspan(at, segment.packed_bytes);
      known_[segment.hash] = {segment, ByteVec(bytes.begin(), bytes.end())};
      at += segment.packed_bytes;
    }
  }
  [[nodiscard]] bool find(Segment& segment, ByteVec& packed) const noexcept override {
    const auto found = known_.find(segment.hash);
    if (found == known_.end() || found->second.first.crc32 != segment.crc32 ||
        found->second.first.plain_bytes != segment.plain_bytes) {
      return false;
    }
    segment = found->second.first;
    packed = found->second.second;
    ++found_;
    return true;
  }
  [[nodiscard]] int times_found() const { return found_; }

 private:
  std::map<SegmentHash, std::pair<Segment, ByteVec>> known_;
  mutable std::atomic<int> found_ = 0;
};

TEST(SegmentTable, SaysWhatEverySegmentIs) {
  const std::vector<ByteVec> bodies = {text(1000), text(1'300'000), noise(100'000)};
  const ByteVec plain = plain_of(bodies);
  const PackedLine packed = pack(bodies, {.level = Level::kBalanced, .hashes = true});
  const std::vector<bool> bodies_expected = {false, true, true, false, true};
  ASSERT_EQ(packed.segments.size(), bodies_expected.size());
  std::size_t at = 0;
  for (std::size_t i = 0; i < packed.segments.size(); ++i) {
    const Segment& segment = packed.segments[i];
    EXPECT_EQ(segment.is_body, bodies_expected[i]) << i;
    EXPECT_EQ(segment.is_stored, i == 4) << i;
    EXPECT_EQ(segment.hash, blake2b16(ByteView(plain).subspan(at, segment.plain_bytes))) << i;
    at += segment.plain_bytes;
  }
  EXPECT_EQ(at, plain.size());
}

TEST(SegmentTable, HashesAreZerosWhenNotAskedFor) {
  const PackedLine packed = pack({text(1000)}, {.level = Level::kFast});
  EXPECT_EQ(packed.segments.at(0).hash, SegmentHash{});
}

TEST(SegmentReuse, EqualSegmentsAreTakenAsTheyWereAndOthersArePacked) {
  const std::vector<ByteVec> before = {text(1'300'000, 1), noise(100'000), text(90'000, 2)};
  std::vector<ByteVec> after = before;
  after[0][5] ^= std::byte{1};
  const PackedLine old = pack(before, {.level = Level::kSmall, .hashes = true});
  const Earlier earlier(old);
  const PackedLine now = pack(after, {.level = Level::kFast, .hashes = true, .reuse = &earlier});
  EXPECT_EQ(gunzip_in_one_go(now.bytes, plain_of(after).size()), plain_of(after));
  ASSERT_EQ(now.segments.size(), old.segments.size());
  EXPECT_EQ(earlier.times_found(), static_cast<int>(now.segments.size()) - 1);
  for (std::size_t i = 0; i < now.segments.size(); ++i) {
    EXPECT_EQ(now.segments[i].is_body, old.segments[i].is_body) << i;
    EXPECT_EQ(now.segments[i].is_stored, old.segments[i].is_stored) << i;
    EXPECT_EQ(now.segments[i].packed_bytes == old.segments[i].packed_bytes, i != 1) << i;
  }
}

// Error paths.

class CountingSink final : public Sink {
 public:
  explicit CountingSink(int good) : left_(good) {}
  void write(ByteView bytes) override {
    if (busy_.exchange(true)) ADD_FAILURE() << "two writes at once";
    if (left_-- <= 0) {
      failed_ = true;
      busy_ = false;
      throw Error(ErrorKind::kNoSpace, "write", "as the test asked");
    }
    if (failed_) ADD_FAILURE() << "a write after one that failed";
    written_ += bytes.size();
    busy_ = false;
  }

 private:
  std::atomic<bool> busy_ = false, failed_ = false;
  std::atomic<int> left_;
  std::atomic<std::size_t> written_ = 0;
};

TEST(SegmentLine, AnErrorBelowComesOutOfFinishAndNothingIsWrittenAfterIt) {
  const ByteVec body = text(6 << 20);
  for (int good = 0; good < 8; ++good) {
    WorkerPool pool(2);
    CountingSink sink(good);
    const auto packer = make_packer({.level = Level::kFast}, sink, pool);
    EXPECT_EQ(kind_of([&] {
                packer->mark_body(body.size());
                packer->write(body);
                packer->mark_body_end();
                (void)packer->finish();
              }),
              ErrorKind::kNoSpace)
        << good;
    EXPECT_EQ(kind_of([&] { (void)packer->finish(); }), ErrorKind::kNoSpace) << good;
  }
}

}  // namespace
}  // namespace backshelf
