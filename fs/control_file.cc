#include "fs/control_file.h"

#include <algorithm>
#include <deque>
#include <set>

#include "engine/base/error.h"
#include "engine/base/guarded.h"
#include "engine/control/control.h"
#include "engine/job/command_text.h"

namespace backshelf {
namespace {

constexpr char kWhat[] = "control";
constexpr std::size_t kAnswers = 10;          // shown to who reads the file
constexpr std::size_t kShownLineBytes = 200;  // of a line in an answer

constexpr std::string_view kIndent = "    ";  // of what became of a line

std::string indented(std::string_view text) {
  std::string lines(kIndent);
  for (const char c : text) {
    lines += c;
    if (c == '\n') lines += kIndent;
  }
  return lines + "\n";
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == line.npos;
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

class ControlFileImpl final : public ControlFile {
 public:
  explicit ControlFileImpl(Parts parts) : parts_(std::move(parts)) {}

  [[nodiscard]] std::string text() const override {
    std::string text = grammar_text();
    const std::string answers = answers_.with([](const std::deque<std::string>& kept) {
      std::string all;
      for (const std::string& answer : kept) all += answer;
      return all;
    });
    if (!answers.empty()) text += concat("\nLast answers:\n", answers);
    const JobsState now = parts_.jobs.state();
    if (!now.results.empty()) text += "\nLast results:\n";
    for (const std::string& result : now.results) text += indented(result);
    return text;
  }

  [[nodiscard]] std::unique_ptr<Writer> open() override;

  void run(ByteView text) override {
    std::string shown = this->text();
    if (!shown.empty() && shown.back() != '\n') shown += '\n';
    const std::vector<std::string> known = take_lines(shown);
    std::string edited(as_text(text));
    edited += '\n';
    std::vector<std::string> lines = take_lines(edited);
    const std::set<std::string> unchanged(known.begin(), known.end());
    // A result may have changed since the text was read: what is indented like one is no command.
    std::erase_if(lines, [&](const std::string& line) {
      return unchanged.count(line) != 0 || line.starts_with(kIndent);
    });
    run(lines);
  }

  // All are parsed before the first runs.
  void run(const std::vector<std::string>& lines) {
    std::string line;
    try {
      std::vector<Command> commands;
      for (const std::string& text : lines) {
        line = text;
        if (parts_.read_only) refuse_read_only();
        commands.push_back(parse_command(text));
        refuse_forbidden(commands.back());
      }
      for (std::size_t i = 0; i < commands.size(); ++i) {
        line = lines[i];
        parts_.jobs.submit(commands[i]);
        remember(line, "accepted");
      }
    } catch (const Error& error) {  // boundary: the reason must be readable where it was refused
      remember(line, error.what());
      parts_.jobs.report("control", error);
      throw;
    }
  }

 private:
  [[noreturn]] static void refuse_read_only() {
    throw Error(ErrorKind::kReadOnly, kWhat, "this shelf has no configuration, so it is read-only",
                "mount it with an INI: backshelf mount -c INI MOUNTPOINT");
  }

  void refuse_forbidden(const Command& command) const {
    const std::string word = command_verb(command);
    const auto* deletion = std::get_if<DeleteCommand>(&command);
    if (deletion != nullptr && deletion->force) {
      throw Error(ErrorKind::kNotPermitted, concat(kWhat, ": ", word),
                  "force works on the command line only",
                  concat("type: backshelf ", word, " … force"));
    }
    if (deletion != nullptr && parts_.deny_delete) {
      throw Error(ErrorKind::kNotPermitted, concat(kWhat, ": ", word),
                  "deleting is switched off here (delete = deny)",
                  concat("type: backshelf ", word, " FOLDER"));
    }
    const auto& allows = parts_.allows;
    // Taking protection away is not part of protecting: `unpin` must be named itself.
    if (std::find(allows.begin(), allows.end(), word) == allows.end()) {
      throw Error(ErrorKind::kNotPermitted, concat(kWhat, ": ", word),
                  "the control file may not do this",
                  "use the command line, or add it to [mount] control_allows");
    }
  }

  void remember(const std::string& line, const std::string& answer) {
    answers_.with([&](std::deque<std::string>& answers) {
      answers.push_back(concat("  ", line.substr(0, kShownLineBytes), "\n    ", answer, "\n"));
      if (answers.size() > kAnswers) answers.pop_front();
    });
  }

  const Parts parts_;
  Guarded<std::deque<std::string>> answers_;
};

class LineWriter final : public ControlFile::Writer {
 public:
  explicit LineWriter(ControlFileImpl& file) : file_(file) {}

  void write(ByteView bytes) override {
    const auto lines = pending_.with([&](std::string& pending) {
      pending += as_text(bytes);
      std::vector<std::string> complete = take_lines(pending);
      if (pending.size() > kControlLineBytes) {
        pending.clear();
        throw Error(ErrorKind::kInvalid, kWhat,
                    concat("a line is longer than ", kControlLineBytes, " bytes"),
                    "write one short command per line");
      }
      return complete;
    });
    try {
      file_.run(lines);
    } catch (const Error&) {  // cleanup: what follows a refused line is not to be trusted either
      pending_.with([](std::string& pending) { pending.clear(); });
      throw;
    }
  }

  void flush() override {
    const std::string rest =
        pending_.with([](std::string& pending) { return std::exchange(pending, {}); });
    if (!is_blank(rest)) file_.run(std::vector<std::string>{rest});
  }

 private:
  ControlFileImpl& file_;
  Guarded<std::string> pending_;  // no line end yet
};

std::unique_ptr<ControlFile::Writer> ControlFileImpl::open() {
  return std::make_unique<LineWriter>(*this);
}

}  // namespace

std::unique_ptr<ControlFile> ControlFile::make(Parts parts) {
  return std::make_unique<ControlFileImpl>(std::move(parts));
}

}  // namespace backshelf
