// The pass decodes with ISA-L where the build has it; every place it finds, and every end it meets,
// must be as zlib sees it.
#include "engine/deflate/fast_inflater.h"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <algorithm>

#include "engine/deflate/gunzip_index.h"
#include "engine/deflate/gzip_decoder.h"
#include "tests/engine/deflate/gzip_samples.h"

namespace backshelf {
namespace {

using namespace samples;

ByteVec by_libdeflate(const ByteVec& plain, int level) {
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(level);
  ByteVec packed(libdeflate_gzip_compress_bound(compressor, plain.size()));
  packed.resize(libdeflate_gzip_compress(compressor, plain.data(), plain.size(), packed.data(),
                                         packed.size()));
  libdeflate_free_compressor(compressor);
  return packed;
}

// As pigz does: pieces, each ended by a flush that makes an empty stored block.
ByteVec with_flushes(const ByteVec& plain, int flush, std::size_t piece) {
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) std::abort();
  ByteVec packed(plain.size() * 2 + 4096);
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  for (std::size_t at = 0; at < plain.size(); at += piece) {
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(plain.data() + at));
    stream.avail_in = static_cast<uInt>(std::min(piece, plain.size() - at));
    if (deflate(&stream, flush) != Z_OK) std::abort();
  }
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) std::abort();
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

ByteVec mixed() {
  return joined(
      {text(2 << 20), noise(1 << 20), text(1 << 20, 2), ByteVec(1 << 20), text(3 << 20, 3)});
}

std::vector<std::pair<std::string, ByteVec>> streams_of(const ByteVec& plain) {
  std::vector<std::pair<std::string, ByteVec>> streams;
  for (const int level : {0, 1, 6, 9})
    streams.emplace_back(concat("zlib ", level), gzip(plain, level));
  for (const int level : {1, 6, 9}) {
    streams.emplace_back(concat("libdeflate ", level), by_libdeflate(plain, level));
  }
  streams.emplace_back("fixed codes", gzip(plain, 6, nullptr, Z_FIXED));
  streams.emplace_back("literals only", gzip(plain, 6, nullptr, Z_HUFFMAN_ONLY));
  streams.emplace_back("sync flushes", with_flushes(plain, Z_SYNC_FLUSH, 131072));
  streams.emplace_back("full flushes", with_flushes(plain, Z_FULL_FLUSH, 10'000));
  streams.emplace_back("partial flushes", with_flushes(plain, Z_PARTIAL_FLUSH, 50'000));
  const auto middle = plain.begin() + static_cast<std::ptrdiff_t>(plain.size() / 2);
  streams.emplace_back("two members", joined({gzip(ByteVec(plain.begin(), middle)),
                                              gzip(ByteVec(middle, plain.end()), 1)}));
  return streams;
}

TEST(FastInflater, EveryPlaceItFindsGivesThePlainBytes) {
  const ByteVec plain = mixed();
  for (const auto& [name, packed] : streams_of(plain)) {
    SCOPED_TRACE(name);
    const auto source = source_of(packed);
    const auto finished = GunzipPass(source, GzipTrailer::kNormal).finish();
    ASSERT_EQ(finished.result.end, GunzipResult::End::kSound) << finished.result.problem;
    ASSERT_EQ(finished.result.plain_bytes, plain.size());
    EXPECT_EQ(finished.result.packed_bytes, packed.size());
    const auto& places = finished.index->checkpoints();
    // Fixed codes show no end of a block, until zlib goes on: see below.
    EXPECT_GE(places.size(), name == "fixed codes" ? 0U : plain.size() / kCheckpointSpacing / 3);
    for (const Checkpoint& place : places) {
      GzipDecoder decoder(*source, GzipTrailer::kNormal, place);
      ByteVec out(300'000);
      std::size_t filled = 0;
      while (filled < out.size()) {
        const std::size_t got = decoder.decode(ByteSpan(out).subspan(filled));
        if (got == 0) break;
        filled += got;
      }
      ASSERT_EQ(filled, std::min<std::uint64_t>(out.size(), plain.size() - place.plain));
      ASSERT_TRUE(std::equal(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(filled),
                             plain.begin() + static_cast<std::ptrdiff_t>(place.plain)))
          << place.plain;
    }
  }
}

TEST(FastInflater, WhereItFindsNoPlaceZlibGoesOn) {
  const ByteVec plain(24 << 20);
  const auto finished =
      GunzipPass(source_of(gzip(plain, 1, nullptr, Z_FIXED)), GzipTrailer::kNormal).finish();
  EXPECT_EQ(finished.result.end, GunzipResult::End::kSound);
  EXPECT_EQ(finished.result.plain_bytes, plain.size());
  EXPECT_GE(finished.index->checkpoints().size(), 2U);
}

// What zlib alone makes of a single member up to its end or its damage.
ByteVec by_zlib(const ByteVec& packed, std::size_t room) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) std::abort();
  ByteVec plain(room);
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_out = static_cast<uInt>(plain.size());
  (void)inflate(&stream, Z_NO_FLUSH);
  plain.resize(stream.total_out);
  inflateEnd(&stream);
  return plain;
}

ByteVec by_pass(const ByteVec& packed, GunzipResult& result) {
  GunzipPass pass(source_of(packed), GzipTrailer::kNormal);
  ByteVec plain;
  ByteVec piece(50'000);
  while (const std::size_t got = pass.read(piece)) {
    samples::append(plain, ByteView(piece).first(got));
  }
  result = pass.finish().result;
  return plain;
}

TEST(FastInflater, DamagedAndCutStreamsEndWhereZlibEndsThem) {
  const ByteVec plain = joined({text(1 << 20), noise(300'000), text(1 << 20, 2)});
  const ByteVec whole = gzip(plain);
  std::mt19937_64 random(11);
  for (int i = 0; i < 90; ++i) {
    ByteVec packed = whole;
    const std::size_t at = 10 + random() % (packed.size() - 10);
    if (i % 3 == 0) packed.resize(at);
    if (i % 3 != 0) packed[at] ^= static_cast<std::byte>(1 + random() % 255);
    GunzipResult result;
    const ByteVec seen = by_pass(packed, result);
    EXPECT_NE(result.end, GunzipResult::End::kSound) << at;
    EXPECT_EQ(result.plain_bytes, seen.size());
    ASSERT_EQ(seen, by_zlib(packed, plain.size() + (1 << 20))) << at;
  }
}

}  // namespace
}  // namespace backshelf
