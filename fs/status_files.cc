#include "fs/status_files.h"

#include <chrono>

#include "engine/base/error.h"
#include "engine/base/guarded.h"
#include "engine/control/control.h"
#include "engine/disk/file.h"

namespace backshelf {
namespace {

constexpr auto kRewriteAfter = std::chrono::minutes(1);  // who reads it can tell that we live

class StatusFilesImpl final : public StatusFiles {
 public:
  explicit StatusFilesImpl(Parts parts) : parts_(parts) {}

  [[nodiscard]] std::shared_ptr<const std::string> content(StatusFile file) const override {
    if (file == StatusFile::kLog) return std::make_shared<const std::string>(parts_.log.text());
    const StatusFacts facts = gather();
    std::string text =
        file == StatusFile::kStatus ? status_text(facts) : print_json(status_json(facts), 1) + "\n";
    return std::make_shared<const std::string>(std::move(text));
  }

  void save() override {
    if (!parts_.state.persistent()) return;
    Json json = status_json(gather());
    const std::string text = print_json(json, 1) + "\n";
    json.set("time", Json());
    const std::string timeless = print_json(json);
    const auto now = parts_.clock.steady();
    const bool due = saved_.with([&](const Saved& saved) {
      return saved.timeless != timeless || now - saved.when >= kRewriteAfter;
    });
    if (due) write(text, timeless, now);
  }

 private:
  struct Saved {
    std::string timeless;
    std::chrono::steady_clock::time_point when{};
    bool failed = false;
  };

  [[nodiscard]] StatusFacts gather() const {
    StatusFacts facts = gather_status(parts_.catalog, parts_.jobs, parts_.clock);
    facts.kit_saved = parts_.state.read()["kit_saved"].bool_or(false);
    return facts;
  }

  void write(const std::string& text, const std::string& timeless,
             std::chrono::steady_clock::time_point now) {
    try {
      write_file(parts_.state.directory() + "/status.json", as_bytes(text), 0600,
                 AtomicFile::Existing::kReplace);
      saved_.with([&](Saved& saved) { saved = {timeless, now, false}; });
    } catch (const Error& error) {  // isolation: a full disk must not stop the daemon
      const bool told = saved_.with([](Saved& saved) { return std::exchange(saved.failed, true); });
      if (!told) parts_.log.warning(concat("status.json cannot be written: ", error.what()));
    }
  }

  const Parts parts_;
  Guarded<Saved> saved_;
};

}  // namespace

std::unique_ptr<StatusFiles> StatusFiles::make(Parts parts) {
  return std::make_unique<StatusFilesImpl>(parts);
}

}  // namespace backshelf
