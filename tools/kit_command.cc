#include "engine/base/error.h"
#include "engine/disk/file.h"
#include "engine/home/home.h"
#include "engine/json/json.h"
#include "tools/commands.h"
#include "tools/key_survey.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

constexpr std::size_t kCoreConfigBytes = 4 * kMiB;
constexpr std::size_t kNamedBackups = 5;
constexpr std::size_t kTriedBackups = 30;  // each costs a derivation of the key

// What Home Assistant calls itself, as far as the home can be read; else what its own kit says.
void add_instance(const Config& config, KitFacts& facts) {
  facts.instance = "Home Assistant";
  try {
    const HomeLayout home = read_home(config.home);
    const HomePart* const part = home.find("config");
    if (part == nullptr || part->trees.empty()) return;
    const auto bytes =
        find_file(concat(part->trees.front().directory, "/.storage/core.config"), kCoreConfigBytes);
    if (!bytes) return;
    const Json core = parse_json(*bytes);
    const Json& data = core["data"];
    facts.instance = data["location_name"].text_or(facts.instance);
    facts.url = data["external_url"].text_or(data["internal_url"].text_or(""));
  } catch (const Error&) {  // isolation: the key matters, not the name
  }
  for (std::string* const text : {&facts.instance, &facts.url}) {
    for (char& c : *text) {
      if (static_cast<unsigned char>(c) < ' ') c = ' ';
    }
  }
}

// The newest by name, and how many there are.
std::vector<std::string> opened_by(Workbench& bench, const std::vector<KnownKey>& keys,
                                   const std::stop_token& stop) {
  std::vector<std::string> lines;
  std::size_t count = 0;
  std::size_t tried = 0;
  bool all = true;
  try {
    KeySurvey survey(bench, keys);
    for (const BackupPtr& backup : backups_newest_first(bench)) {
      all = tried < kTriedBackups;
      if (!all) break;
      const SurveyedBackup found = survey.look(backup, stop);
      if (!found.is_encrypted) continue;
      ++tried;
      if (found.keys.empty()) continue;
      if (++count <= kNamedBackups) lines.push_back(backup->folder);
    }
  } catch (const Error& error) {  // isolation: a kit is needed most when nothing else works
    if (error.kind() == ErrorKind::kInterrupted) throw;
  }
  if (count == 0) return {};
  if (count > kNamedBackups) {
    lines.push_back(concat("and ", count - kNamedBackups, all ? " more" : " or more others"));
  }
  return lines;
}

int print_kit(const Registry& registry, const std::string& output) {
  std::vector<KnownKey> keys =
      load_known_keys(registry.bench.options().key_options, registry.bench.config().key);
  if (keys.empty()) {
    throw Error(ErrorKind::kNeedsKey, "kit", "there is no key yet",
                "the first backup makes one: backshelf backup");
  }
  keys.resize(1);  // the one that new backups are made with
  KitFacts facts;
  add_instance(registry.bench.config(), facts);
  facts.date = SystemClock().now();
  facts.opens = opened_by(registry.bench, keys, registry.stop);
  const SecretBytes text = kit_text(keys.front().key.view(), facts);
  if (output.empty()) {
    print_bytes(text.view());
  } else {
    write_file(output, text.view(), 0600, AtomicFile::Existing::kKeep);
  }
  registry.bench.state().update([](Json& state) { state.set("kit_saved", true); });
  return 0;
}

}  // namespace

void add_kit_command(const Registry& registry) {
  auto output = std::make_shared<std::string>();
  const ArgumentParser kit =
      registry.program.command("kit", "Print the emergency kit with the key");
  kit.option("--output", *output, "Write it into this new file (mode 0600)");
  kit.when_chosen([registry, output] {
    registry.chosen = [registry, output] { return print_kit(registry, *output); };
  });
}

}  // namespace backshelf
