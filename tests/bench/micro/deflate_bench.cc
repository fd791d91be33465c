// Segments packed and read, beside the same calls to the libraries alone.
#include <libdeflate.h>
#if BACKSHELF_HAVE_ISAL
#include <isa-l/igzip_lib.h>
#endif

#include "engine/base/c_handle.h"
#include "engine/deflate/packer.h"
#include "engine/deflate/segment_encoder.h"
#include "engine/deflate/segment_source.h"
#include "engine/stream/adapters.h"
#include "tests/bench/micro/bench_data.h"

namespace backshelf::bench {
namespace {

void encode(benchmark::State& state, Level level, const ByteVec& plain) {
  const auto encoder = make_segment_encoder(level);
  SegmentBuffer packed;
  for (auto _ : state) benchmark::DoNotOptimize(encoder->encode(plain, packed));
  count_bytes(state, plain.size());
}

void raw_libdeflate(benchmark::State& state, int level, const ByteVec& plain) {
  const CHandle<libdeflate_compressor, libdeflate_free_compressor> compressor(
      libdeflate_alloc_compressor(level));
  ByteVec packed(plain.size());
  for (auto _ : state) {
    benchmark::DoNotOptimize(libdeflate_deflate_compress(
        compressor.get(), plain.data(), plain.size(), packed.data(), packed.size()));
  }
  count_bytes(state, plain.size());
}

BENCHMARK_CAPTURE(encode, fast_rows, Level::kFast, rows(kMiB));
BENCHMARK_CAPTURE(encode, fast_noise, Level::kFast, noise(kMiB));
BENCHMARK_CAPTURE(encode, balanced_rows, Level::kBalanced, rows(kMiB));
BENCHMARK_CAPTURE(encode, balanced_noise, Level::kBalanced, noise(kMiB));
BENCHMARK_CAPTURE(encode, small_rows, Level::kSmall, rows(kMiB));
BENCHMARK_CAPTURE(raw_libdeflate, 6_rows, 6, rows(kMiB));
BENCHMARK_CAPTURE(raw_libdeflate, 9_rows, 9, rows(kMiB));

#if BACKSHELF_HAVE_ISAL
void raw_isal_2(benchmark::State& state) {
  const ByteVec plain = rows(kMiB);
  ByteVec packed(plain.size()), level_buffer(ISAL_DEF_LVL2_DEFAULT);
  const auto stream = std::make_unique<isal_zstream>();
  for (auto _ : state) {
    isal_deflate_stateless_init(stream.get());
    stream->level = 2;
    stream->level_buf = reinterpret_cast<std::uint8_t*>(level_buffer.data());
    stream->level_buf_size = static_cast<std::uint32_t>(level_buffer.size());
    stream->flush = FULL_FLUSH;
    stream->next_in =
        const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(plain.data()));
    stream->avail_in = static_cast<std::uint32_t>(plain.size());
    stream->next_out = reinterpret_cast<std::uint8_t*>(packed.data());
    stream->avail_out = static_cast<std::uint32_t>(packed.size());
    benchmark::DoNotOptimize(isal_deflate_stateless(stream.get()));
  }
  count_bytes(state, plain.size());
}
BENCHMARK(raw_isal_2);
#endif

// In order in steps of the kernel's size; the cache holds too little to help.
void read_segments(benchmark::State& state) {
  constexpr std::size_t kPlain = 16 * kMiB, kRead = 128 * kKiB;
  WorkerPool pool(1);
  MemorySink sink;
  const auto packer = make_packer({.level = Level::kBalanced}, sink, pool);
  packer->mark_body(kPlain);
  packer->write(rows(kPlain));
  packer->mark_body_end();
  const std::vector<Segment> segments = packer->finish();
  BlockCache cache(2 * kMiB);
  const auto source =
      make_segment_source(std::make_shared<MemorySource>(sink.take()), segments, cache, nullptr);
  ByteVec out(kRead);
  for (auto _ : state) {
    for (std::size_t at = 0; at < kPlain; at += kRead) {
      benchmark::DoNotOptimize(source->read_at(at, out));
    }
  }
  count_bytes(state, kPlain);
}
BENCHMARK(read_segments);

void raw_libdeflate_decompress(benchmark::State& state) {
  const ByteVec plain = rows(kMiB);
  const CHandle<libdeflate_compressor, libdeflate_free_compressor> compressor(
      libdeflate_alloc_compressor(6));
  const CHandle<libdeflate_decompressor, libdeflate_free_decompressor> decompressor(
      libdeflate_alloc_decompressor());
  ByteVec packed(plain.size()), out(plain.size());
  const std::size_t size = libdeflate_deflate_compress(compressor.get(), plain.data(), plain.size(),
                                                       packed.data(), packed.size());
  for (auto _ : state) {
    benchmark::DoNotOptimize(libdeflate_deflate_decompress(decompressor.get(), packed.data(), size,
                                                           out.data(), out.size(), nullptr));
  }
  count_bytes(state, plain.size());
}
BENCHMARK(raw_libdeflate_decompress);

void raw_libdeflate_crc32(benchmark::State& state) {
  const ByteVec plain = noise(kMiB);
  for (auto _ : state) {
    benchmark::DoNotOptimize(libdeflate_crc32(0, plain.data(), plain.size()));
  }
  count_bytes(state, plain.size());
}
BENCHMARK(raw_libdeflate_crc32);

}  // namespace
}  // namespace backshelf::bench
