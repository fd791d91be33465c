#include "engine/keys/key_files.h"

#include <unistd.h>

#include <algorithm>
#include <array>
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

// Wipes what it was given, whatever happens.
std::vector<SecretBytes> keys_in(ByteVec text, const std::string& origin) {
  try {
    std::vector<SecretBytes> keys = parse_key_text(text, origin);
    wipe(text);
    return keys;
  } catch (...) {  // cleanup: no key stays in freed memory
    wipe(text);
    throw;
  }
}

// A source that was asked for and fails is always exit 4: never a reason to make a new key.
template <typename Read>
std::vector<SecretBytes> asked_for(const std::string& what, const Read& read) {
  try {
    return read();
  } catch (const Error& error) {  // boundary: the kind of failure becomes "no key"
    throw Error(ErrorKind::kNeedsKey, what, concat(error.what_failed(), ": ", error.why()),
                error.todo());
  }
}

std::vector<SecretBytes> keys_of_option(const std::string& path, const std::string& asked_by) {
  return asked_for(concat("reading the key of ", asked_by),
                   [&] { return keys_in(read_file(path, kKeyFileBytes), path); });
}

std::vector<SecretBytes> keys_of_command(const std::string& command) {
  return asked_for("running the [key] command", [&] {
    CommandResult result = run_command(command, kKeyCommandLimit, kKeyFileBytes);
    if (result.exit_code != 0) {
      wipe(result.output);
      throw Error(ErrorKind::kNeedsKey, "the command",
                  concat("it ended with code ", result.exit_code), "run it by hand to see why");
    }
    return keys_in(std::move(result.output), "the [key] command");
  });
}

// The mode of what was opened counts, so a link to a file that others can read is refused too.
void check_private(const FileSource& file, const std::string& path) {
  const struct stat status = file.status();
  if ((status.st_mode & 077) != 0) {
    throw Error(ErrorKind::kUsage, concat("reading the key from ", path), "other users can read it",
                concat("run: chmod 600 ", path));
  }
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    throw Error(ErrorKind::kUsage, concat("reading the key from ", path),
                "it belongs to another user", concat("run: chown root ", path));
  }
}

std::vector<SecretBytes> keys_of_file(const std::string& path) {
  if (path.empty() || !find_status(path)) return {};
  const FileSource file(path);
  check_private(file, path);
  if (file.size() > kKeyFileBytes) {
    throw Error(ErrorKind::kUsage, concat("reading the key from ", path),
                concat("it has ", file.size(), " bytes, so it is no key file"),
                "correct [key] file and old in the configuration");
  }
  ByteVec text(static_cast<std::size_t>(file.size()));
  text.resize(file.read_at(0, text));
  return keys_in(std::move(text), path);
}

std::string date_text(Instant instant) {
  const std::time_t time =
      std::chrono::floor<std::chrono::seconds>(instant).time_since_epoch().count();
  std::tm fields{};
  (void)localtime_r(&time, &fields);
  std::array<char, 64> month{};
  std::array<char, 64> rest{};
  (void)std::strftime(month.data(), month.size(), "%B", &fields);
  (void)std::strftime(rest.data(), rest.size(), "%Y, %H:%M", &fields);
  return concat(month.data(), " ", fields.tm_mday, ", ", rest.data());
}

}  // namespace

std::vector<SecretBytes> load_keys(const std::vector<std::string>& key_options,
                                   const KeyConfig& config) {
  std::vector<SecretBytes> keys;
  for (KnownKey& known : load_known_keys(key_options, config)) keys.push_back(std::move(known.key));
  return keys;
}

std::vector<KnownKey> load_known_keys(const std::vector<std::string>& key_options,
                                      const KeyConfig& config) {
  std::vector<KnownKey> known;
  const auto add = [&](std::vector<SecretBytes> keys, const std::string& origin) {
    for (SecretBytes& key : keys) {
      const bool twice = std::any_of(known.begin(), known.end(), [&](const KnownKey& other) {
        return other.key.equals(key.view());
      });
      if (!twice) known.push_back({std::move(key), origin});
    }
  };
  for (const std::string& path : key_options) add(keys_of_option(path, "-k"), path);
  const char* const credentials = std::getenv("CREDENTIALS_DIRECTORY");
  if (credentials != nullptr && *credentials != '\0') {
    const std::string path = concat(credentials, "/backshelf-key");
    if (find_status(path)) add(keys_of_option(path, "the systemd credential"), path);
  }
  if (!config.command.empty()) add(keys_of_command(config.command), "the [key] command");
  add(keys_of_file(config.file), config.file);
  add(keys_of_file(config.old), config.old);
  return known;
}

void append_old_keys(const std::string& path, const std::vector<SecretBytes>& keys) {
  std::vector<SecretBytes> wanted = keys_of_file(path);  // what stands there must be found again
  ByteVec before;
  if (find_status(path)) before = read_file(path, kKeyFileBytes);
  std::size_t size = before.size() + 1;
  for (const SecretBytes& key : keys) {
    wanted.push_back(key.clone());
    size += key.size() + 1;
  }
  ByteVec text;
  text.reserve(size);  // growing would leave keys behind in freed memory
  text.insert(text.end(), before.begin(), before.end());
  wipe(before);
  const auto add_line = [&](ByteView line) {
    if (!text.empty() && text.back() != std::byte{'\n'}) text.push_back(std::byte{'\n'});
    text.insert(text.end(), line.begin(), line.end());
    text.push_back(std::byte{'\n'});
  };
  for (const SecretBytes& key : keys) add_line(key.view());
  try {
    const std::vector<SecretBytes> read = parse_key_text(text, path);
    for (const SecretBytes& key : wanted) {
      const bool found = std::any_of(
          read.begin(), read.end(), [&](const SecretBytes& one) { return one.equals(key.view()); });
      if (found) continue;
      throw Error(ErrorKind::kUsage, concat("adding keys to ", path),
                  "it is no list of keys, one per line", "name another file with [key] old");
    }
    write_file(path, text, 0600, AtomicFile::Existing::kReplace);
  } catch (...) {  // cleanup: no key stays in freed memory
    wipe(text);
    throw;
  }
  wipe(text);
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
      "restore your Home Assistant backups.\n\n"
      "Date: ",
      date_text(facts.date), "\n\nInstance:\n", facts.instance, "\n\nURL:\n", facts.url,
      "\n\nEncryption key:\n");
  std::string after = "\n\n";
  if (!facts.opens.empty()) {
    after += "It opens:\n";
    for (const std::string& line : facts.opens) after += concat("  ", line, "\n");
    after += "\n";
  }
  after +=
      "For more information visit: "
      "https://www.home-assistant.io/more-info/backup-emergency-kit\n";
  SecretBytes text(before.size() + key.size() + after.size());
  auto out = text.writable().begin();
  for (const ByteView piece : {as_bytes(before), key, as_bytes(after)}) {
    out = std::copy(piece.begin(), piece.end(), out);
  }
  return text;
}

}  // namespace backshelf
