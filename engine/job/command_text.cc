#include "engine/job/command_text.h"

#include <algorithm>
#include <string_view>

#include "engine/base/bytes.h"

namespace backshelf {
namespace {

// Shell quoting, only where it is needed.
std::string quoted(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.,:/@+";
  const bool plain = !word.empty() && word.find_first_not_of(kPlain) == std::string::npos;
  if (plain) return word;
  std::string text = "\"";
  for (const char c : word) {
    if (c == '"' || c == '\\' || c == '$' || c == '`') text += '\\';
    text += c;
  }
  return text + "\"";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += concat(text.empty() ? "" : ",", word);
  return quoted(text);
}

std::string with_words(std::string verb, const std::vector<std::string>& words, bool force) {
  for (const std::string& word : words) verb += concat(" ", quoted(word));
  return force ? verb + " force" : verb;
}

struct Text {
  std::string operator()(const BackupCommand& command) const {
    std::string text = "backup";
    if (command.full) text += " full";
    if (!command.name.empty()) text += concat(" name=", quoted(command.name));
    if (!command.parts.empty()) text += concat(" parts=", joined(command.parts));
    if (command.database) text += concat(" database=", *command.database ? "include" : "exclude");
    if (!command.to.empty()) text += concat(" to=", joined(command.to));
    return text;
  }
  std::string operator()(const RestoreCommand& command) const {
    std::string text = concat("restore ", quoted(command.folder));
    if (!command.parts.empty()) text += concat(" parts=", joined(command.parts));
    if (command.keep_database) text += " database=keep";
    return command.force ? text + " force" : text;
  }
  std::string operator()(const CopyCommand& command) const {
    return concat(with_words("copy", command.folders, false), " to=", joined(command.to));
  }
  std::string operator()(const PruneCommand& command) const {
    return command.dry_run ? "prune dry-run" : "prune";
  }
  std::string operator()(const DeleteCommand& command) const {
    return with_words("delete", command.folders, command.force);
  }
  std::string operator()(const UndeleteCommand& command) const {
    return with_words("undelete", command.folders, false);
  }
  std::string operator()(const PinCommand& command) const {
    return with_words(command.pin ? "pin" : "unpin", command.folders, false);
  }
  std::string operator()(const VerifyCommand& command) const {
    return command.folders.empty() ? "verify all" : with_words("verify", command.folders, false);
  }
  std::string operator()(const CancelCommand&) const { return "cancel"; }
};

}  // namespace

std::string command_text(const Command& command) {
  return std::visit(Text{}, command);
}

std::string command_verb(const Command& command) {
  const std::string text = command_text(command);
  return text.substr(0, text.find(' '));
}

}  // namespace backshelf
