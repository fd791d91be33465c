#include <algorithm>

#include "engine/base/error.h"
#include "engine/config/nearest_word.h"
#include "engine/config/part_names.h"
#include "engine/control/command_words.h"
#include "engine/control/control.h"
#include "engine/control/shown_text.h"

namespace backshelf {
namespace {

constexpr std::size_t kMaxNameBytes = 200;  // with date and ".tar" still a file name

class BackupWords {
 public:
  BackupCommand parse(const Words& words) {
    for (const std::string& word : words) take(word);
    if (command_.full && !command_.parts.empty()) {
      refuse(kWhat, "full and parts= exclude each other", "full means every part");
    }
    return std::move(command_);
  }

 private:
  static constexpr std::string_view kWhat = "backup";

  void take(const std::string& word) {
    const std::size_t sign = word.find('=');
    const std::string key = word.substr(0, sign);
    if (!(key == "full" && sign == word.npos)) check_option(word, key, sign != word.npos);
    if (!seen_.empty() && std::find(seen_.begin(), seen_.end(), key) != seen_.end()) {
      refuse(kWhat, concat(quoted(key), " is given twice"));
    }
    seen_.push_back(key);
    if (key == "full") {
      command_.full = true;
    } else {
      set(key, word.substr(sign + 1));
    }
  }

  static void check_option(const std::string& word, const std::string& key, bool has_value) {
    const Words keys = {"name", "parts", "database", "to"};
    const bool known = std::find(keys.begin(), keys.end(), key) != keys.end();
    if (known && has_value) return;
    if (known) refuse(kWhat, concat(quoted(key), " needs a value"), concat("type: ", key, "=…"));
    Words meant = {"full"};
    for (const std::string& one : keys) meant.push_back(one + "=");
    const std::string shown = has_value ? key + "=" : key;
    std::string suggestion = did_you_mean(shown, meant);
    if (suggestion.empty() && is_part(word))
      suggestion = concat("; did you mean 'parts=", word, "'?");
    refuse(kWhat, concat("unknown word ", quoted(word), suggestion),
           "it takes: full name=… parts=… database=exclude to=…");
  }

  void set(const std::string& key, const std::string& value) {
    if (key == "name") {
      set_name(value);
    } else if (key == "parts") {
      set_parts(value);
    } else if (key == "database") {
      if (value != "exclude" && value != "include") {
        refuse(kWhat, concat("database=", visible_text(value), " is not known"),
               "type: database=exclude");
      }
      command_.database = value == "include";
    } else {
      command_.to = list_of(value);
      check_text(kWhat, value);
      if (command_.to.empty()) refuse(kWhat, "to= names no location", "type: to=local");
    }
  }

  void set_name(const std::string& name) {
    check_text(kWhat, name);
    if (name.find_first_not_of(' ') == name.npos) refuse(kWhat, "the name is empty");
    if (name.size() > kMaxNameBytes) {
      refuse(kWhat, concat("the name has ", name.size(), " bytes"),
             concat("at most ", kMaxNameBytes, " fit into a file name"));
    }
    if (name.find('/') != name.npos) refuse(kWhat, "a name cannot hold '/'");
    command_.name = name;
  }

  void set_parts(const std::string& value) {
    if (value == "full") {
      command_.full = true;
      return;
    }
    command_.parts = parts_of(kWhat, value);
  }

  BackupCommand command_;
  Words seen_;
};

Command delete_command(Words words) {
  DeleteCommand command;
  // Only the last word: a backup may be called "force".
  if (words.size() > 1 && words.back() == "force") {
    command.force = true;
    words.pop_back();
  }
  command.folders = folders_of("delete", words);
  return command;
}

Command verify_command(const Words& words) {
  if (words.size() == 1 && words.front() == "all") return VerifyCommand{};
  if (words.empty()) refuse("verify", "no backup is named", "type: verify FOLDER, or verify all");
  if (std::find(words.begin(), words.end(), "all") != words.end()) {
    refuse("verify", "'all' stands alone", "type: verify all");
  }
  return VerifyCommand{folders_of("verify", words)};
}

Command restore_command(Words words) {
  constexpr std::string_view kWhat = "restore";
  if (words.empty()) refuse(kWhat, "no backup is named", "type: restore FOLDER");
  RestoreCommand command;
  command.folder = folder_of(kWhat, words.front());
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "force") {
      command.force = true;
      continue;
    }
    const auto [key, value] =
        option_of(kWhat, words[i], {"parts", "database"}, "parts=… database=keep force");
    if (key == "parts") {
      command.parts = parts_of(kWhat, value);
    } else if (value == "keep") {
      command.keep_database = true;
    } else {
      refuse(kWhat, concat("database=", visible_text(value), " is not known"),
             "type: database=keep");
    }
  }
  return command;
}

Command copy_command(const Words& words) {
  constexpr std::string_view kWhat = "copy";
  CopyCommand command;
  Words folders;
  for (const std::string& word : words) {
    if (!word.starts_with("to=")) {
      folders.push_back(word);
      continue;
    }
    check_text(kWhat, word);
    command.to = list_of(std::string_view(word).substr(3));
  }
  command.folders = folders_of(kWhat, folders);
  if (command.to.empty()) refuse(kWhat, "to= names no location", "type: copy FOLDER to=nas");
  return command;
}

Command prune_command(const Words& words) {
  if (words.empty()) return PruneCommand{};
  if (words.size() == 1 && words.front() == "dry-run") return PruneCommand{true};
  refuse("prune", concat("unknown word ", quoted(words.front())), "type: prune, or prune dry-run");
}

Command cancel_command(const Words& words) {
  if (!words.empty()) refuse("cancel", "it takes no further word", "it ends the running job");
  return CancelCommand{};
}

[[noreturn]] void refuse_word(const std::string& word) {
  for (const char* const other :
       {"mount", "list", "show", "ls", "cat", "extract", "export", "import", "kit", "status",
        "check-config", "estimate", "help", "repair", "diff", "keys", "repair-sidecars"}) {
    if (word == other) {
      refuse("control", concat(quoted(word), " works on the command line only"),
             concat("type: backshelf ", word));
    }
  }
  refuse("control",
         concat("unknown command ", quoted(word),
                did_you_mean(word, {"backup", "delete", "undelete", "pin", "unpin", "verify",
                                    "cancel", "restore", "copy", "prune"})),
         "commands: backup, restore, copy, delete, undelete, pin, unpin, verify, prune, cancel");
}

}  // namespace

Command parse_words(const std::vector<std::string>& words) {
  if (words.empty()) refuse("control", "there is no command", "type: backup");
  const std::string& word = words.front();
  const Words rest(words.begin() + 1, words.end());
  if (word == "backup") return BackupWords().parse(rest);
  if (word == "delete") return delete_command(rest);
  if (word == "undelete") return UndeleteCommand{folders_of(word, rest)};
  if (word == "pin" || word == "unpin") return PinCommand{folders_of(word, rest), word == "pin"};
  if (word == "verify") return verify_command(rest);
  if (word == "restore") return restore_command(rest);
  if (word == "copy") return copy_command(rest);
  if (word == "prune") return prune_command(rest);
  if (word == "cancel") return cancel_command(rest);
  refuse_word(word);
}

Command parse_command(std::string_view line) {
  if (line.size() > kControlLineBytes) {
    throw Error(ErrorKind::kInvalid, "control",
                concat("the line has ", line.size(), " bytes, more than ", kControlLineBytes),
                "write one short command per line");
  }
  if (!is_utf8(line)) {
    throw Error(ErrorKind::kInvalid, "control", "the line is no UTF-8", "write plain text");
  }
  return parse_words(split_words(line));
}

std::string grammar_text() {
  return "Write one command per line into this file: echo backup > control\n"
         "\n"
         "  backup [full] [name=\"Before update\"] "
         "[parts=config,ssl,media,share,addons,apps,app:SLUG]\n"
         "         [database=exclude] [to=LOCATION,…]\n"
         "  delete FOLDER…\n"
         "  undelete FOLDER…\n"
         "  pin FOLDER…            unpin FOLDER…\n"
         "  verify FOLDER… | all\n"
         "  restore FOLDER [parts=…] [database=keep] [force]\n"
         "  copy FOLDER… to=LOCATION,…\n"
         "  prune [dry-run]\n"
         "  cancel                 the running job\n"
         "\n"
         "Words are quoted as in a shell. What happens is in the file \"status\".\n";
}

}  // namespace backshelf
