#include "engine/job/part_choice.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/config/nearest_word.h"

namespace backshelf {
namespace {

constexpr std::string_view kAppWord = "app:";
constexpr const char* kAbsent = "this home does not have it";

bool is_asked_by(const HomePart& part, const std::string& word) {
  return part.part == word || (word == "apps" && part.part.starts_with(kAppWord));
}

// Problems are told by path: "media", "apps/core_ssh", "config/.HA_VERSION".
bool is_about(const Skipped& problem, const std::string& word) {
  const auto lies_in = [&](const std::string& folder) {
    return problem.path == folder || problem.path.starts_with(folder + "/");
  };
  if (!word.starts_with(kAppWord)) return lies_in(word);
  return problem.path == "apps" || lies_in(concat("apps/", word.substr(kAppWord.size())));
}

const Skipped* problem_of(const HomeLayout& layout, const std::string& word) {
  const auto found = std::find_if(layout.problems.begin(), layout.problems.end(),
                                  [&](const Skipped& problem) { return is_about(problem, word); });
  return found == layout.problems.end() ? nullptr : &*found;
}

Error bad_part(const HomeLayout& layout, const std::string& word) {
  if (const Skipped* const problem = problem_of(layout, word)) {
    return {ErrorKind::kUsage, concat("the part ", word), problem->reason};
  }
  std::vector<std::string> names;
  std::string all;
  for (const HomePart& one : layout.parts) {
    names.push_back(one.part);
    all += concat(all.empty() ? "" : ", ", one.part);
  }
  return {ErrorKind::kUsage, concat("the part ", word), concat(kAbsent, did_you_mean(word, names)),
          concat("it has ", all)};
}

// Nothing of the home answers to this word.
void tell_absent(const HomeLayout& layout, const BackupCommand& command, const std::string& word,
                 PartChoice& choice) {
  if (problem_of(layout, word) != nullptr) return;  // told with the problems of all words
  if (!command.automatic) throw bad_part(layout, word);
  choice.problems.push_back({word, kAbsent});
}

}  // namespace

PartChoice choose_parts(const HomeLayout& layout, const BackupCommand& command) {
  if (command.full && !command.parts.empty()) {
    throw Error(ErrorKind::kUsage, "backup", "both full and parts= were given", "give one of them");
  }
  if (layout.parts.empty()) {
    throw Error(ErrorKind::kNotFound, "backup", "the home holds no part", "correct root in [home]");
  }
  if (command.parts.empty()) return {layout.parts, layout.problems};
  const auto any = [&](const auto& asks) {
    return std::any_of(command.parts.begin(), command.parts.end(), asks);
  };
  PartChoice choice;
  for (const HomePart& part : layout.parts) {
    if (any([&](const auto& word) { return is_asked_by(part, word); })) {
      choice.parts.push_back(part);
    }
  }
  for (const std::string& word : command.parts) {
    const bool known = std::any_of(choice.parts.begin(), choice.parts.end(),
                                   [&](const HomePart& part) { return is_asked_by(part, word); });
    if (!known) tell_absent(layout, command, word, choice);
  }
  if (choice.parts.empty()) throw bad_part(layout, command.parts.front());
  for (const Skipped& problem : layout.problems) {
    if (any([&](const auto& word) { return is_about(problem, word); })) {
      choice.problems.push_back(problem);
    }
  }
  return choice;
}

}  // namespace backshelf
