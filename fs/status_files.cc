#include "fs/status_files.h"

#include <chrono>

#include "engine/base/error.h"
#include "engine/base/guarded.h"
#include "engine/control/control.h"
#include "engine/disk/file.h"

namespace backshelf {
namespace {

constexpr auto kFreshPlaces = std::chrono::seconds(1);

class StatusFilesImpl final : public StatusFiles {
 public:
  explicit StatusFilesImpl(Parts parts) : parts_(parts) {}

  [[nodiscard]] std::shared_ptr<const std::string> content(StatusFile file) const override {
    if (file == StatusFile::kLog) return std::make_shared<const std::string>(parts_.log.text());
    disks_.with([&](Disks& disks) {
      if (parts_.clock.steady() - disks.asked >= kFreshPlaces) disks.wanted = true;
    });
    const StatusFacts facts = gather();
    std::string text =
        file == StatusFile::kStatus ? status_text(facts) : print_json(status_json(facts), 1) + "\n";
    return std::make_shared<const std::string>(std::move(text));
  }

  void set_mount(const StatusFacts::Mount& mount) override {
    mount_.with([&](auto& known) { known = mount; });
  }

  void refresh(bool changed) override {
    const bool due =
        disks_.with([](Disks& disks) { return std::exchange(disks.wanted, false); }) || changed;
    if (due) ask_disks();
  }

  void save() override {
    if (!parts_.state.persistent()) return;
    Json json = status_json(gather());
    const std::string text = print_json(json, 1) + "\n";
    json.set("time", Json());
    const std::string timeless = print_json(json);
    const bool due = saved_.with([&](const Saved& saved) { return saved.timeless != timeless; });
    if (due) write(text, timeless);
  }

 private:
  struct Saved {
    std::string timeless;
    bool failed = false;
  };
  struct Disks {
    std::optional<DiskFacts> facts;
    std::chrono::steady_clock::time_point asked{};
    bool wanted = false;
  };

  DiskFacts ask_disks() const {
    DiskFacts facts = look_at_disks(parts_.catalog);
    disks_.with([&](Disks& disks) {
      disks.facts = facts;
      disks.asked = parts_.clock.steady();
    });
    return facts;
  }

  [[nodiscard]] StatusFacts gather() const {
    auto disks = disks_.with([](const Disks& known) { return known.facts; });
    StatusFacts facts = gather_status(disks ? std::move(*disks) : ask_disks(), parts_.catalog,
                                      parts_.jobs, parts_.clock);
    facts.kit_saved = parts_.state.member("kit_saved").bool_or(false);
    facts.mount = mount_.with([](const auto& known) { return known; });
    return facts;
  }

  void write(const std::string& text, const std::string& timeless) {
    try {
      write_file(parts_.state.directory() + "/status.json", as_bytes(text), 0600,
                 AtomicFile::Existing::kReplace);
      saved_.with([&](Saved& saved) { saved = {timeless, false}; });
    } catch (const Error& error) {  // isolation: a full disk must not stop the daemon
      const bool told = saved_.with([](Saved& saved) { return std::exchange(saved.failed, true); });
      if (!told) parts_.log.warning(concat("status.json cannot be written: ", error.what()));
    }
  }

  const Parts parts_;
  Guarded<Saved> saved_;
  Guarded<std::optional<StatusFacts::Mount>> mount_;
  mutable Guarded<Disks> disks_;  // what `status` shows of them: a stat of it must not wait for one
};

}  // namespace

std::unique_ptr<StatusFiles> StatusFiles::make(Parts parts) {
  return std::make_unique<StatusFilesImpl>(parts);
}

}  // namespace backshelf
