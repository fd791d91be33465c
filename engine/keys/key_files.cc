#include "engine/keys/key_files.h"

#include <cstdlib>
#include <ctime>

#include "engine/base/error.h"
#include "engine/disk/file.h"
#include "engine/keys/key_ring.h"
#include "engine/process/command.h"

namespace backshelf {
namespace {

constexpr std::size_t kKeyFileBytes = 256 * kKiB;  // kits have two kilobytes
constexpr std::chrono::seconds kKeyCommandLimit(30);

void append(std::vector<SecretBytes>& keys, std::vector<SecretBytes> more) {
  for (SecretBytes& key : more) keys.push_back(std::move(key));
}

std::vector<SecretBytes> keys_in(ByteVec text, const std::string& origin) {
  try {
    std::vector<SecretBytes> keys = parse_key_text(text, origin);
    wipe(text);
    return keys;
  } catch (...) {
    wipe(text);
    throw;
  }
}

// A source that was asked for and fails is always exit 4: never a reason to make a new key.
std::vector<SecretBytes> keys_in_source(const std::string& path, const std::string& asked_by) {
  try {
    return keys_in(read_file(path, kKeyFileBytes), path);
  } catch (const Error& error) {
    throw Error(ErrorKind::kNeedsKey, concat("reading the key of ", asked_by),
                concat(error.what_failed(), ": ", error.why()), error.todo());
  }
}

void check_mode(const std::string& path) {
  const auto status = find_status(path);
  if (status && S_ISREG(status->st_mode) && (status->st_mode & 077) != 0) {
    throw Error(ErrorKind::kUsage, concat("reading the key from ", path), "other users can read it",
                concat("run: chmod 600 ", path));
  }
}

std::vector<SecretBytes> keys_of_command(const std::string& command) {
  CommandResult result = run_command(command, kKeyCommandLimit, kKeyFileBytes);
  if (result.exit_code != 0) {
    wipe(result.output);
    throw Error(ErrorKind::kNeedsKey, "running the [key] command",
                concat("it ended with code ", result.exit_code), "run it by hand to see why");
  }
  return keys_in(std::move(result.output), "the [key] command");
}

std::string date_text(Instant instant) {
  const std::time_t time =
      std::chrono::floor<std::chrono::seconds>(instant).time_since_epoch().count();
  std::tm fields{};
  (void)localtime_r(&time, &fields);
  std::array<char, 64> text{};
  (void)std::strftime(text.data(), text.size(), "%B %e, %Y, %H:%M", &fields);
  return text.data();
}

}  // namespace

std::vector<SecretBytes> load_keys(const std::vector<std::string>& key_options,
                                   const KeyConfig& config) {
  std::vector<SecretBytes> keys;
  for (const std::string& path : key_options) append(keys, keys_in_source(path, "-k"));
  const char* const credentials = std::getenv("CREDENTIALS_DIRECTORY");
  if (credentials != nullptr) {
    const std::string path = concat(credentials, "/backshelf-key");
    if (find_status(path)) append(keys, keys_in_source(path, "the systemd credential"));
  }
  if (!config.command.empty()) append(keys, keys_of_command(config.command));
  if (!config.file.empty() && find_status(config.file)) {
    check_mode(config.file);
    append(keys, keys_in(read_file(config.file, kKeyFileBytes), config.file));
  }
  if (!config.old.empty() && find_status(config.old)) {
    check_mode(config.old);
    append(keys, keys_in(read_file(config.old, kKeyFileBytes), config.old));
  }
  return keys;
}

SecretBytes create_key_file(const std::string& path) {
  SecretBytes key = make_key();
  SecretBytes line(key.size() + 1);
  std::copy(key.view().begin(), key.view().end(), line.writable().begin());
  line.writable().back() = std::byte{'\n'};
  write_file(path, line.view(), 0600, AtomicFile::Existing::kKeep);
  return key;
}

SecretBytes kit_text(ByteView key, const KitFacts& facts) {
  const std::string before = concat(
      "Home Assistant Backup Emergency Kit\n\n"
      "This emergency kit contains your backup encryption key. You need this key to be able to "
      "restore your "
      "Home Assistant backups.\n\n"
      "Date: ",
      date_text(facts.date), "\n\nInstance:\n", facts.instance, "\n\nURL:\n", facts.url,
      "\n\nEncryption key:\n");
  const std::string after =
      "\n\nFor more information visit: "
      "https://www.home-assistant.io/more-info/backup-emergency-kit\n";
  SecretBytes text(before.size() + key.size() + after.size());
  auto out = text.writable().begin();
  for (const ByteView piece : {as_bytes(before), key, as_bytes(after)}) {
    out = std::copy(piece.begin(), piece.end(), out);
  }
  return text;
}

}  // namespace backshelf
