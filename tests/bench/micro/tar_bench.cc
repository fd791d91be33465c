// Headers of small entries, beside libarchive writing them alone.
#include <archive.h>
#include <archive_entry.h>

#include "engine/stream/marked_sink.h"
#include "engine/tar/tar_writer.h"
#include "tests/bench/micro/bench_data.h"

namespace backshelf::bench {
namespace {

class Nowhere final : public MarkedSink {
 public:
  void write(ByteView bytes) override { benchmark::DoNotOptimize(bytes.data()); }
  void mark_entry(std::string_view /*path*/) override {}
  void mark_body(std::uint64_t /*size*/) override {}
  void mark_body_end() override {}
};

constexpr const char* kPath = "data/custom_components/some_integration/translations/en.json";

void write_entries(benchmark::State& state) {
  Nowhere nowhere;
  TarWriter tar(nowhere);
  Entry entry;
  entry.type = EntryType::kFile;
  entry.path = kPath;
  entry.mode = 0644;
  entry.mtime = {1'700'000'000, 123'456'789};
  for (auto _ : state) benchmark::DoNotOptimize(tar.add(entry, nullptr));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(write_entries);

void raw_libarchive_entries(benchmark::State& state) {
  archive* const writer = archive_write_new();
  (void)archive_write_set_format_pax(writer);
  (void)archive_write_open(
      writer, nullptr, nullptr,
      [](archive*, void*, const void*, std::size_t size) { return static_cast<la_ssize_t>(size); },
      nullptr);
  archive_entry* const entry = archive_entry_new();
  for (auto _ : state) {
    archive_entry_clear(entry);
    archive_entry_copy_pathname(entry, kPath);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_mtime(entry, 1'700'000'000, 123'456'789);
    archive_entry_set_size(entry, 0);
    (void)archive_write_header(writer, entry);
  }
  archive_entry_free(entry);
  (void)archive_write_free(writer);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(raw_libarchive_entries);

}  // namespace
}  // namespace backshelf::bench
