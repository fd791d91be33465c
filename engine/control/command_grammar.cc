#include <algorithm>

#include "engine/base/error.h"
#include "engine/config/nearest_word.h"
#include "engine/config/part_names.h"
#include "engine/control/control.h"

namespace backshelf {
namespace {

constexpr std::size_t kMaxNameBytes = 200;  // leaves room for date and ".tar" within 255

const std::vector<std::string>& verbs() {
  static const std::vector<std::string> kVerbs = {"backup", "delete", "undelete", "pin",
                                                  "unpin",  "verify", "cancel"};
  return kVerbs;
}
const std::vector<std::string>& later_verbs() {
  static const std::vector<std::string> kVerbs = {"restore", "copy", "prune"};
  return kVerbs;
}

[[noreturn]] void refuse(std::string_view verb, const std::string& why, std::string todo = {}) {
  throw Error(ErrorKind::kUsage, std::string(verb), why, std::move(todo));
}

bool is_valid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80       ? 1
                               : lead >> 5 == 6  ? 2
                               : lead >> 4 == 14 ? 3
                               : lead >> 3 == 30 ? 4
                                                 : 0;
    if (length == 0 || i + length > text.size() || lead == 0xc0 || lead == 0xc1) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
    }
    i += length;
  }
  return true;
}

void check_name(const std::string& name) {
  const bool control = std::any_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (name.empty()) refuse("backup", "name= is empty", "leave it out for a name of its own");
  if (name.size() > kMaxNameBytes) {
    refuse("backup", concat("the name has more than ", kMaxNameBytes, " bytes"));
  }
  if (control || name.find('/') != std::string::npos || !is_valid_utf8(name)) {
    refuse("backup", "the name has a '/', a control character, or is not UTF-8",
           "use another name");
  }
}

std::vector<std::string> split_list(std::string_view verb, std::string_view key,
                                    const std::string& value) {
  std::vector<std::string> items;
  std::size_t begin = 0;
  while (begin <= value.size()) {
    const std::size_t end = std::min(value.find(',', begin), value.size());
    if (end == begin) refuse(verb, concat(key, "= has an empty item"));
    items.push_back(value.substr(begin, end - begin));
    begin = end + 1;
  }
  return items;
}

void set_parts(BackupCommand& backup, const std::string& value) {
  for (std::string& part : split_list("backup", "parts", value)) {
    if (part == "full") {
      backup.full = true;
    } else if (is_part(part)) {
      backup.parts.push_back(std::move(part));
    } else {
      refuse("backup", concat("there is no part '", part, "'", did_you_mean(part, part_words())),
             "parts are config, share, addons, ssl, media, apps, app:SLUG");
    }
  }
}

void set_option(BackupCommand& backup, const std::string& word) {
  const std::size_t equals = word.find('=');
  const std::string key = word.substr(0, equals);
  const std::string value = word.substr(equals + 1);
  if (key == "name") {
    check_name(value);
    backup.name = value;
  } else if (key == "parts") {
    set_parts(backup, value);
  } else if (key == "to") {
    backup.to = split_list("backup", "to", value);
  } else if (key == "database") {
    if (value != "include" && value != "exclude") {
      refuse("backup", concat("database=", value, " is neither include nor exclude"));
    }
    backup.database = value == "include";
  } else {
    refuse("backup",
           concat("unknown option '", key, "='",
                  did_you_mean(key, {"name", "parts", "database", "to"})),
           "options are name=, parts=, database=, to=");
  }
}

Command parse_backup(const std::vector<std::string>& words) {
  BackupCommand backup;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "full") {
      backup.full = true;
    } else if (words[i].find('=') != std::string::npos) {
      set_option(backup, words[i]);
    } else {
      refuse("backup", concat("unknown word '", words[i], "'"),
             "write backup [full] [name=\"…\"] [parts=…] [database=exclude] [to=…]");
    }
  }
  if (backup.full) backup.parts.clear();
  return backup;
}

std::vector<std::string> folders_of(const std::vector<std::string>& words) {
  std::vector<std::string> folders(words.begin() + 1, words.end());
  if (folders.empty()) {
    refuse(words[0], "which backup?", concat("write ", words[0], " FOLDER"));
  }
  for (const std::string& folder : folders) {
    if (folder.empty()) refuse(words[0], "a folder name is empty");
  }
  return folders;
}

Command parse_delete(const std::vector<std::string>& words) {
  DeleteCommand deletion;
  std::vector<std::string> rest = words;
  if (rest.size() > 2 && rest.back() == "force") {
    deletion.force = true;
    rest.pop_back();
  }
  deletion.folders = folders_of(rest);
  return deletion;
}

Command parse_verify(const std::vector<std::string>& words) {
  if (words.size() == 2 && words[1] == "all") return VerifyCommand{};
  return VerifyCommand{folders_of(words)};
}

}  // namespace

Command parse_words(const std::vector<std::string>& words) {
  if (words.empty()) refuse("control", "the line is empty");
  const std::string& verb = words[0];
  if (verb == "backup") return parse_backup(words);
  if (verb == "delete") return parse_delete(words);
  if (verb == "undelete") return UndeleteCommand{folders_of(words)};
  if (verb == "pin" || verb == "unpin") return PinCommand{folders_of(words), verb == "pin"};
  if (verb == "verify") return parse_verify(words);
  if (verb == "cancel") {
    if (words.size() > 1) refuse(verb, "it takes no further words");
    return CancelCommand{};
  }
  if (std::find(later_verbs().begin(), later_verbs().end(), verb) != later_verbs().end()) {
    refuse(verb, "this version does not do that yet");
  }
  refuse("control", concat("unknown command '", verb, "'", did_you_mean(verb, verbs())),
         "commands are backup, delete, undelete, pin, unpin, verify, cancel");
}

Command parse_command(std::string_view line) {
  return parse_words(split_words(line));
}

std::string grammar_text() {
  return "# Write one command per line, for example:  echo backup > control\n"
         "# backup   [full] [name=\"Before update\"] [parts=config,ssl,media,share,addons,apps,"
         "app:SLUG]\n"
         "#          [database=exclude] [to=LOCATION,…]\n"
         "# delete   FOLDER…      undelete FOLDER…      pin FOLDER…\n"
         "# verify   FOLDER… | all\n"
         "# cancel   the running job\n"
         "# What is happening is in: status\n";
}

}  // namespace backshelf
