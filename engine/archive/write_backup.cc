#include "engine/archive/write_backup.h"

#include <algorithm>

#include "engine/archive/write_outer.h"
#include "engine/base/clock.h"
#include "engine/tar/tar_writer.h"
#include "engine/zstd/zstd_codec.h"

namespace backshelf {
namespace {

constexpr std::uint64_t kProgressBytes = kMiB;  // of one large file, between two reports

// "config/secrets.yaml" for "data/secrets.yaml" of the part config: as the user knows it.
std::string shown_path(const std::string& part, const std::string& path) {
  constexpr std::string_view kData = "data/";
  constexpr std::string_view kApp = "app:";
  if (part == "config" && path.starts_with(kData)) {
    return concat("config/", path.substr(kData.size()));
  }
  if (part.starts_with(kApp)) return concat("apps/", part.substr(kApp.size()), "/", path);
  return concat(part, "/", path);
}

// Every group gets every byte; one that fails is left out from then on.
class FanOut final : public Sink {
 public:
  FanOut(std::span<SealGroup> groups, Timestamp mtime) {
    for (SealGroup& group : groups) {
      outputs_.push_back({&group, std::make_unique<OuterWriter>(group, mtime)});
    }
  }

  void write(ByteView bytes) override {
    each([&](OuterWriter& outer, SealGroup&) { outer.write(bytes); });
  }
  template <typename Use>
  void each(const Use& use) {
    bool any = false;
    for (const Output& output : outputs_) {
      if (output.group->failure) continue;
      try {
        use(*output.outer, *output.group);
        any = true;
      } catch (const Error& error) {  // isolation: one location of several
        output.group->failure = error;
      }
    }
    if (!any) throw *outputs_.front().group->failure;
  }

 private:
  struct Output {
    SealGroup* group;
    std::unique_ptr<OuterWriter> outer;
  };
  std::vector<Output> outputs_;
};

// Between tar and packer: the place every byte passes, so that a request to stop is seen in time
// also inside a large file.
class StopCheck final : public MarkedSink {
 public:
  StopCheck(Packer& below, std::stop_token stop) : below_(below), stop_(std::move(stop)) {}

  void check() const {
    if (!stop_.stop_requested()) return;
    throw Error(ErrorKind::kInterrupted, "the backup", "it was cancelled");
  }
  void write(ByteView bytes) override {
    check();
    below_.write(bytes);
  }
  void mark_entry(std::string_view path) override { below_.mark_entry(path); }
  void mark_body(std::uint64_t size) override { below_.mark_body(size); }
  void mark_body_end() override { below_.mark_body_end(); }
  void put_packed(const Segment& segment, ByteVec packed) {
    check();
    below_.put_packed(segment, std::move(packed));
  }

 private:
  Packer& below_;
  const std::stop_token stop_;
};

// Tells of progress now and then, and keeps the reason when the file cannot be read on.
class ToldBody final : public Source {
 public:
  // What `below` yields behind `size` bytes is not stored, so it is not told.
  ToldBody(Source& below, std::uint64_t size, std::function<void(std::uint64_t)> told)
      : below_(below), left_(size), told_(std::move(told)) {}

  [[nodiscard]] std::size_t read(ByteSpan out) override {
    try {
      const std::size_t got = below_.read(out);
      count(got);
      if (got == 0) tell();
      return got;
    } catch (const Error& error) {  // cleanup: the tar pads what is missing; the reason is kept
      problem_ = error.why();
      throw;
    }
  }
  void count(std::uint64_t bytes) {
    const std::uint64_t stored = std::min(bytes, left_);
    left_ -= stored;
    untold_ += stored;
    if (untold_ >= kProgressBytes) tell();
  }
  void tell() {
    if (untold_ > 0) told_(untold_);
    untold_ = 0;
  }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  Source& below_;
  std::uint64_t left_;
  const std::function<void(std::uint64_t)> told_;
  std::uint64_t untold_ = 0;
  std::string problem_;
};

std::string reason_of(TarWriter::Body body, const ToldBody& source) {
  if (body == TarWriter::Body::kCut) {
    return "it grew while it was read; the rest is not in the backup";
  }
  if (source.problem().empty()) return "it shrank while it was read; the end is zeros";
  return concat("it could not be read to its end (", source.problem(), "); the end is zeros");
}

struct PartTar {
  StopCheck& packer;
  TarWriter writer;
  FileColumns files;
};

class BackupWriter {
 public:
  BackupWriter(const WritePlan& plan, std::span<SealGroup> groups, WorkerPool& pool,
               const OnWrite& on_write, std::stop_token stop)
      : plan_(plan),
        pool_(pool),
        on_write_(on_write),
        stop_(std::move(stop)),
        out_(groups, date_of(plan.metadata)) {}

  WriteReport run(EntrySource& home) {
    for (const PartPlan& part : plan_.parts) write_part(part, home);
    out_.each([this](OuterWriter& outer, const SealGroup& group) {
      Metadata metadata = plan_.metadata;
      metadata.compressed = plan_.level != Level::kNone;
      metadata.protected_flag = group.key != nullptr;
      if (is_zstd()) metadata.version = kZstdMetadataVersion;
      outer.finish(print_metadata(metadata), is_zstd() ? kHiddenMetadataName : kMetadataName);
    });
    return std::move(report_);
  }

 private:
  [[nodiscard]] PackOptions packing() const {
    return {.level = plan_.level,
            .hashes = has_hashes(plan_.level),
            .reuse = plan_.earlier,
            .codec = is_zstd() ? &zstd_codec() : nullptr};
  }
  [[nodiscard]] bool is_zstd() const { return plan_.level == Level::kZstd; }
  [[nodiscard]] bool is_gzip() const { return plan_.level != Level::kNone && !is_zstd(); }
  [[nodiscard]] const char* suffix() const {
    return is_zstd() ? ".tar.zst" : is_gzip() ? ".tar.gz" : ".tar";
  }

  void write_part(const PartPlan& part, EntrySource& home) {
    const std::string member = concat(part.member_stem, suffix());
    out_.each([&](OuterWriter& outer, SealGroup&) { outer.begin_member(member); });
    const std::unique_ptr<Packer> packer = make_packer(packing(), out_, pool_);
    StopCheck checked(*packer, stop_);
    PartTar tar{checked, TarWriter(checked), FileColumns()};
    PartIndex index(plan_.level);
    index.facts.snapshot = date_of(plan_.metadata);
    home.for_each(part.part, [&](const Entry& entry, BodySource* body) {
      checked.check();
      add_entry(part, entry, body, tar);
    });
    index.facts.tar_bytes = tar.writer.finish();
    index.segments = packer->finish();
    index.files = tar.files.take();
    out_.each([&](OuterWriter& outer, SealGroup&) { outer.end_member(index); });
  }

  // The body of a file that need not be read; empty: it must.
  [[nodiscard]] TarWriter::Known known_body(const PartPlan& part, const Entry& entry,
                                            const BodySource& body, StopCheck& packer,
                                            ToldBody& told) const {
    const std::optional<FileStat> stat = plan_.trust_stat ? body.stat() : std::nullopt;
    if (!stat || plan_.earlier == nullptr) return {};
    const auto places = plan_.earlier->unchanged(part.member_stem, entry, *stat);
    if (places.empty()) return {};
    return [this, places, &packer, &told] {
      std::uint64_t put = 0;
      for (const EarlierContent::Place& place : places) {
        ByteVec packed;
        if (!plan_.earlier->read(place, packed)) break;
        packer.put_packed(place.segment, std::move(packed));
        put += place.segment.plain_bytes;
        told.count(place.segment.plain_bytes);
      }
      return put;
    };
  }

  void add_entry(const PartPlan& part, const Entry& entry, BodySource* body, PartTar& tar) {
    if (body == nullptr) {
      tar.files.add(as_stored(entry), tar.writer.add(entry, nullptr).location);
      return;
    }
    ToldBody told(*body, entry.size, [&](std::uint64_t bytes) {
      report_.plain_bytes += bytes;
      tell(part);
    });
    const TarWriter::Stored stored =
        tar.writer.add(entry, &told, known_body(part, entry, *body, tar.packer, told));
    const bool is_whole = stored.body == TarWriter::Body::kWhole;
    tar.files.add(as_stored(entry), stored.location,
                  plan_.trust_stat && is_whole ? body->stat() : std::nullopt);
    ++report_.files;
    told.tell();
    tell(part);
    if (is_whole) return;
    report_.incomplete.push_back({shown_path(part.part, entry.path), reason_of(stored.body, told)});
  }

  void tell(const PartPlan& part) const {
    if (on_write_) on_write_({part.part, report_.files, report_.plain_bytes});
  }

  const WritePlan& plan_;
  WorkerPool& pool_;
  const OnWrite& on_write_;
  const std::stop_token stop_;
  FanOut out_;
  WriteReport report_;
};

}  // namespace

WriteReport write_backup(const WritePlan& plan, EntrySource& home, std::span<SealGroup> groups,
                         WorkerPool& pool, const OnWrite& on_write, std::stop_token stop) {
  if (groups.empty()) throw Error(ErrorKind::kInternal, "the backup", "it has nowhere to go");
  return BackupWriter(plan, groups, pool, on_write, std::move(stop)).run(home);
}

}  // namespace backshelf
