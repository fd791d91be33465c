#include "engine/archive/export_archive.h"

#include <algorithm>

#include "engine/archive/archive_impl.h"
#include "engine/archive/export_member.h"
#include "engine/archive/state_failure.h"

namespace backshelf {
namespace {

using Members = std::vector<std::unique_ptr<Member>>;

constexpr const char* kExporting = "the export";
constexpr int kNewestSecuretar = 3;
constexpr int kOldestSecuretar = 2;  // that can be written

const Member* find_sealed(const Members& members) {
  const auto found = std::find_if(members.begin(), members.end(), [](const auto& member) {
    return securetar_version(member->facts().seal).has_value();
  });
  return found == members.end() ? nullptr : found->get();
}

int version_for(const ExportPlan& plan, const Member* sealed) {
  if (plan.securetar) return *plan.securetar;
  if (sealed == nullptr) return kNewestSecuretar;
  return std::max(kOldestSecuretar,
                  securetar_version(sealed->facts().seal).value_or(kNewestSecuretar));
}

std::shared_ptr<const SealKey> key_for(const ExportPlan& plan, const Members& members,
                                       KeySource& keys) {
  if (plan.decrypt) return nullptr;
  const Member* const sealed = find_sealed(members);
  const int version = version_for(plan, sealed);
  if (plan.new_keys != nullptr) return plan.new_keys->seal_key(version);
  if (sealed != nullptr) {
    return keys.seal_key_like(sealed->facts().seal, sealed->facts().start, version);
  }
  if (!plan.securetar) return nullptr;
  throw Error(ErrorKind::kUsage, kExporting, "the archive is not encrypted, so that it has no key",
              "give one with --new-key-file, or leave out --securetar");
}

class Exporter {
 public:
  Exporter(const ExportPlan& plan, const Members& members, const Metadata& metadata,
           SealGroup& group, WorkerPool& pool, const OnPass& on_pass, std::stop_token stop)
      : plan_(plan),
        members_(members),
        metadata_(metadata),
        group_(group),
        pool_(pool),
        on_pass_(on_pass),
        stop_(std::move(stop)),
        outer_(group, date_of(metadata)) {
    for (const auto& member : members_) {
      const auto opened = member->opened();
      compressed_ = compressed_ || opened->gzip || opened->zstd;
      zstd_ = zstd_ || opened->zstd;
      total_bytes_ += member->facts().bytes->size();
    }
  }

  ExportReport run() {
    for (const auto& member : members_) {
      try {
        write(*member);
      } catch (const Error& error) {  // cleanup: it was sound a moment ago
        if (error.kind() != ErrorKind::kDamaged && error.kind() != ErrorKind::kTruncated) throw;
        throw Error(error.kind(), member->facts().outer.name, error.why(),
                    "nothing was written; run it again, or use another copy of this archive");
      }
      done_bytes_ += member->facts().bytes->size();
    }
    ExportedFacts facts;
    facts.is_protected = group_.key != nullptr;
    facts.compressed = compressed_;
    facts.was_zstd = zstd_;
    facts.without_database = plan_.without_database;
    outer_.finish(exported_metadata(metadata_, facts));
    return report_;
  }

 private:
  void write(Member& member) {
    const std::shared_ptr<const OpenedMember> opened = member.opened();
    const std::string& name = member.facts().outer.name;
    const std::uint64_t size = member.facts().bytes->size();
    // The verification before was the first half.
    const OnExported told = [&](std::uint64_t done) {
      if (!on_pass_) return;
      on_pass_({name, total_bytes_ + done_bytes_ + std::min(done, size), 2 * total_bytes_});
    };
    std::optional<LeftOut> left_out;
    if (plan_.leaves_out) left_out.emplace(plan_, member.place(), member.content(stop_));
    if (left_out && !left_out->any()) left_out.reset();
    outer_.begin_member(concat(member.facts().name.stem, compressed_ ? ".tar.gz" : ".tar"));
    ++report_.parts;
    if (!left_out && is_as_wanted(member, *opened)) {
      return copy_member(*opened, outer_, told, stop_);
    }
    ++report_.repacked;
    const Level level = compressed_ ? Level::kBalanced : Level::kNone;
    report_.left_out += repack_member(member.content(stop_), left_out ? &*left_out : nullptr, level,
                                      outer_, pool_, told, stop_);
  }

  // What v1's writer leaves behind a stream is not for readers of the others.
  [[nodiscard]] bool is_as_wanted(const Member& member, const OpenedMember& opened) const {
    return !opened.zstd && opened.gzip == compressed_ &&
           member.facts().seal.format != SealFormat::kV1;
  }

  const ExportPlan& plan_;
  const Members& members_;
  const Metadata& metadata_;
  SealGroup& group_;
  WorkerPool& pool_;
  const OnPass& on_pass_;
  const std::stop_token stop_;
  OuterWriter outer_;
  bool zstd_ = false;        // any member is
  bool compressed_ = false;  // Home Assistant opens all members alike
  std::uint64_t done_bytes_ = 0, total_bytes_ = 0;
  ExportReport report_;
};

}  // namespace

std::string exported_metadata(const Metadata& metadata, const ExportedFacts& facts) {
  Json json = metadata.raw;
  if (facts.was_zstd && metadata.version == kZstdMetadataVersion) json.set("version", 2);
  json.set("compressed", facts.compressed).set("protected", facts.is_protected);
  if (json.has("crypto")) json.set("crypto", facts.is_protected ? Json("aes128") : Json());
  if (facts.without_database && json["homeassistant"].is_object()) {
    Json core = json["homeassistant"];
    json.set("homeassistant", core.set("exclude_database", true));
  }
  return print_json(json);
}

// Sealed with the others they would look as genuine as those.
void ArchiveImpl::refuse_mixed() const {
  std::string plain;
  for (const auto& member : members_) {
    if (securetar_version(member->facts().seal)) continue;
    plain += concat(plain.empty() ? "" : ", ", member->facts().outer.name);
  }
  throw Error(ErrorKind::kUsage, facts_.file_name,
              concat("some of its members are not encrypted (", plain,
                     "): who can write to its location may have put them there"),
              "nothing was written; --decrypt exports all of it unencrypted");
}

ExportReport ArchiveImpl::export_to(const ExportPlan& plan, const ExportTarget& target,
                                    const OnPass& on_pass, std::stop_token stop) {
  // All of it first: what is copied without being looked into must be sound as well.
  verify(
      [&](const PassProgress& pass) {
        if (on_pass) on_pass({pass.member, pass.done_bytes, 2 * pass.total_bytes});
      },
      stop);
  if (const auto failure = failure_of(state())) {
    const bool no_key = *failure == ErrorKind::kNeedsKey || *failure == ErrorKind::kWrongKey;
    throw Error(*failure, facts_.file_name, problem(),
                no_key ? "nothing was written"
                       : "nothing was written; copy out what can be read: backshelf extract");
  }
  if (metadata() == nullptr) {
    throw Error(ErrorKind::kBadMetadata, facts_.file_name, "it has no backup.json",
                "Home Assistant restores no backup without one: backshelf extract copies it out");
  }
  if (is_mixed() && !plan.decrypt) refuse_mixed();
  SealGroup group{target.object, key_for(plan, members_, keys_)};
  return Exporter(plan, members_, *metadata(), group, target.pool, on_pass, std::move(stop)).run();
}

}  // namespace backshelf
