#include "fs/control_file.h"

#include <algorithm>

#include "engine/base/error.h"

namespace backshelf {
namespace {

constexpr char kWhat[] = "control";

// The words of `control_allows`.
std::string_view word_of(const Command& command) {
  struct Words {
    std::string_view operator()(const BackupCommand&) const { return "backup"; }
    std::string_view operator()(const DeleteCommand&) const { return "delete"; }
    std::string_view operator()(const UndeleteCommand&) const { return "undelete"; }
    std::string_view operator()(const PinCommand& pin) const { return pin.pin ? "pin" : "unpin"; }
    std::string_view operator()(const VerifyCommand&) const { return "verify"; }
    std::string_view operator()(const CancelCommand&) const { return "cancel"; }
  };
  return std::visit(Words{}, command);
}

bool is_blank(const std::string& line) {
  return std::all_of(line.begin(), line.end(), [](char c) { return c == ' ' || c == '\t'; });
}

// Takes the complete lines out of `text`, without their ends and without blank ones.
std::vector<std::string> take_lines(std::string& text) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    std::string line = text.substr(begin, end - begin);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!is_blank(line)) lines.push_back(std::move(line));
    begin = end + 1;
  }
  text.erase(0, begin);
  return lines;
}

}  // namespace

ControlFile::ControlFile(Jobs& jobs, std::vector<std::string> allows)
    : jobs_(jobs), allows_(std::move(allows)) {}

void ControlFile::write(LineBuffer& buffer, ByteView bytes) {
  const auto lines = buffer.with([&](std::string& pending) {
    pending += as_text(bytes);
    std::vector<std::string> complete = take_lines(pending);
    const bool too_long = pending.size() > kControlLineBytes;
    if (too_long) pending.clear();
    if (too_long) {
      throw Error(ErrorKind::kInvalid, kWhat,
                  concat("a line is longer than ", kControlLineBytes, " bytes"),
                  "write one short command per line");
    }
    return complete;
  });
  run(lines);
}

void ControlFile::flush(LineBuffer& buffer) {
  const std::string rest = buffer.with([](std::string& pending) {
    std::string text = std::exchange(pending, {});
    if (!text.empty() && text.back() == '\r') text.pop_back();
    return text;
  });
  if (!rest.empty() && !is_blank(rest)) run({rest});
}

void ControlFile::run(const std::vector<std::string>& lines) {
  std::string line;
  try {
    std::vector<Command> commands;
    for (const std::string& text : lines) {
      line = text;
      commands.push_back(parse_command(text));
      refuse_forbidden(commands.back());
    }
    for (std::size_t i = 0; i < commands.size(); ++i) {
      line = lines[i];
      jobs_.submit(commands[i]);
      remember(line, "accepted");
    }
  } catch (const Error& error) {  // boundary: the reason must be readable where it was refused
    remember(line, error.what());
    jobs_.report("control", error);
    throw;
  }
}

void ControlFile::refuse_forbidden(const Command& command) const {
  const std::string_view word = word_of(command);
  if (std::find(allows_.begin(), allows_.end(), word) == allows_.end()) {
    throw Error(ErrorKind::kNotPermitted, concat(kWhat, ": ", word),
                "the control file may not do this",
                "use the command line, or add it to [mount] control_allows");
  }
  const auto* deletion = std::get_if<DeleteCommand>(&command);
  if (deletion != nullptr && deletion->force) {
    throw Error(ErrorKind::kNotPermitted, concat(kWhat, ": ", word),
                "force works on the command line only",
                concat("type: backshelf ", word, " … force"));
  }
}

void ControlFile::remember(const std::string& line, const std::string& answer) {
  answers_.with([&](std::deque<std::string>& answers) {
    answers.push_back(concat(line.substr(0, 200), "\n    ", answer, "\n"));
    if (answers.size() > kAnswers) answers.pop_front();
  });
}

std::string ControlFile::text() const {
  std::string text = grammar_text();
  const std::string answers = answers_.with([](const std::deque<std::string>& kept) {
    std::string all;
    for (const std::string& answer : kept) all += answer;
    return all;
  });
  if (!answers.empty()) text += concat("\nLast answers:\n", answers);
  return text;
}

}  // namespace backshelf
