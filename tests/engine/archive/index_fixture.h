// Inner streams with an index at their end, made as a backup makes them, and odd entries.
#pragma once

#include <tuple>

#include "engine/archive/tail_index.h"
#include "engine/deflate/packer.h"
#include "engine/stream/adapters.h"
#include "engine/tar/tar_writer.h"

namespace backshelf {

struct IndexedFile {
  Entry entry;
  BodyLocation body;
  std::optional<FileStat> stat;
};

inline bool operator==(const Extent& a, const Extent& b) {
  return std::tie(a.logical_offset, a.stored_offset, a.length) ==
         std::tie(b.logical_offset, b.stored_offset, b.length);
}

inline bool same_file(const IndexedFile& a, const IndexedFile& b) {
  const auto all = [](const IndexedFile& file) {
    const Entry& e = file.entry;
    const BodyLocation& l = file.body;
    return std::tie(e.type, e.path, e.link_target, e.mode, e.uid, e.gid, e.user_name, e.group_name,
                    e.mtime, e.size, e.device_major, e.device_minor, l.header_offset, l.data_offset,
                    l.stored_size, l.extents, l.complete);
  };
  return all(a) == all(b);
}

inline bool same_stat(const std::optional<FileStat>& a, const std::optional<FileStat>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return std::tie(a->ctime_ns, a->inode, a->device) == std::tie(b->ctime_ns, b->inode, b->device);
}

inline FileColumns::Sections sections_of(const std::vector<IndexedFile>& files) {
  FileColumns columns;
  for (const IndexedFile& file : files) columns.add(file.entry, file.body, file.stat);
  return columns.take();
}

// Empty optional: not a valid section.
inline std::optional<std::vector<IndexedFile>> files_of(ByteView files, ByteView sparse) {
  std::vector<IndexedFile> found;
  const bool good = read_files(files, sparse, [&](const Entry& entry, const BodyLocation& body) {
    found.push_back({entry, body, std::nullopt});
  });
  if (!good) return std::nullopt;
  return found;
}

struct StreamOptions {
  Level level = Level::kFast;
  bool hashes = false;
  std::string salt = "x";  // part of the content, so that streams differ
};

// A gzip stream of a few files, some large and some small, with its index.
struct IndexedStream {
  explicit IndexedStream(const StreamOptions& options = {}) {
    WorkerPool pool(1);
    MemorySink sink;
    const auto packer = make_packer({.level = options.level, .hashes = options.hashes}, sink, pool);
    TarWriter tar(*packer);
    FileColumns columns;
    const auto add = [&](Entry entry, const std::string& content) {
      entry.size = content.size();
      const MemorySource source(ByteVec(as_bytes(content).begin(), as_bytes(content).end()));
      Cursor body(source);
      const auto stored = tar.add(entry, content.empty() ? nullptr : &body);
      columns.add(entry, stored.location);
      files.push_back({entry, stored.location, std::nullopt});
    };
    Entry entry;
    entry.path = "data";
    entry.type = EntryType::kDirectory;
    entry.mode = 0755;
    add(entry, "");
    entry.path = "data/small";
    entry.type = EntryType::kFile;
    entry.mtime = {1'700'000'000, 5};
    add(entry, "a small file" + options.salt);
    std::string large;
    while (large.size() < 150'000) large += concat(large.size(), options.salt, '\n');
    entry.path = "data/large";
    entry.mode = 0600;
    add(entry, large);
    entry.path = "link";
    entry.type = EntryType::kSymlink;
    entry.link_target = "data/large";
    add(entry, "");
    facts.tar_bytes = tar.finish();
    segments = packer->finish();
    facts.gzip = options.level != Level::kNone;
    facts.hashes = options.hashes;
    facts.level = static_cast<std::uint8_t>(options.level);
    facts.snapshot = {1700000002, 7};
    bytes = sink.take();
    facts.main_bytes = bytes.size();
    if (!facts.gzip) {
      segments.resize(1);
      segments[0].packed_bytes = segments[0].plain_bytes = facts.tar_bytes;
    }
    sections = columns.take();
    const ByteVec tail = print_tail_index(facts, segments, sections, macs);
    bytes.insert(bytes.end(), tail.begin(), tail.end());
  }

  std::vector<IndexedFile> files;
  IndexFacts facts;
  std::vector<Segment> segments;
  FileColumns::Sections sections;
  std::optional<MacTable> macs = MacTable{{std::byte{9}}, {{std::byte{1}}, {std::byte{2}}}};
  ByteVec bytes;
};

inline std::optional<TailIndex> index_of(const ByteVec& bytes) {
  return read_tail_index(MemorySource(bytes));
}

}  // namespace backshelf
