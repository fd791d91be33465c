#include "engine/job/restore_journal.h"

#include <algorithm>
#include <charconv>

#include "engine/base/error.h"
#include "engine/disk/file.h"

namespace backshelf {
namespace {

constexpr std::string_view kFirstLine = "backshelf-restore\t1";
constexpr std::string_view kLastLine = "end";
constexpr std::size_t kJournalMaxBytes = std::size_t{1} * kGiB;
constexpr mode_t kJournalMode = 0600;

using Fields = std::vector<std::string>;

std::string escape(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string safe;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > ' ' && byte != '%' && byte < 0x7f) {
      safe += c;
    } else {
      safe += '%';
      safe += kHex[byte >> 4];
      safe += kHex[byte & 15];
    }
  }
  return safe;
}

class JournalReader {
 public:
  JournalReader(std::string_view text, const std::string& path) : text_(text), path_(path) {}

  RestoreJournal read() {
    if (line() != kFirstLine) throw damaged();
    RestoreJournal journal;
    for (std::string_view next = line(); next != kLastLine; next = line()) {
      take(split(next), journal);
    }
    return journal;
  }

 private:
  std::string_view line() {
    const std::size_t end = text_.find('\n');
    if (end == std::string_view::npos) throw damaged();
    const std::string_view found = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return found;
  }

  Fields split(std::string_view line) const {
    Fields fields;
    while (true) {
      const std::size_t tab = line.find('\t');
      fields.push_back(unescape(line.substr(0, tab)));
      if (tab == std::string_view::npos) return fields;
      line.remove_prefix(tab + 1);
    }
  }

  std::string unescape(std::string_view text) const {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '%') {
        plain += text[i];
        continue;
      }
      unsigned value = 0;
      const char* const begin = text.data() + i + 1;
      if (i + 2 >= text.size() || std::from_chars(begin, begin + 2, value, 16).ptr != begin + 2) {
        throw damaged();
      }
      plain += static_cast<char>(value);
      i += 2;
    }
    return plain;
  }

  template <typename Number>
  Number number(const std::string& text) const {
    Number value = 0;
    const char* const end = text.data() + text.size();
    if (std::from_chars(text.data(), end, value).ptr != end || text.empty()) throw damaged();
    return value;
  }

  void need(const Fields& fields, std::size_t count) const {
    if (fields.size() != count) throw damaged();
  }

  TreeAttributes attributes(const Fields& fields, std::size_t at) const {
    return {number<std::uint32_t>(fields[at]),
            number<std::int64_t>(fields[at + 1]),
            number<std::int64_t>(fields[at + 2]),
            {number<std::int64_t>(fields[at + 3]), number<std::uint32_t>(fields[at + 4])}};
  }

  void take(const Fields& fields, RestoreJournal& journal) const {
    const std::string& word = fields.front();
    if (word == "job") {
      need(fields, 4);
      journal.job = fields[1];
      journal.phase = static_cast<RestoreJournal::Phase>(number<std::uint8_t>(fields[2]));
      journal.after_is_due = fields[3] == "1";
      if (journal.phase > RestoreJournal::Phase::kDone || journal.job.empty()) throw damaged();
    } else if (word == "folder") {
      need(fields, 10);
      journal.folders.push_back(
          {fields[2], fields[3], fields[4], fields[1] == "1", attributes(fields, 5)});
    } else if (word == "step") {
      need(fields, 5);
      journal.steps.push_back(
          {folder(fields[1], journal), fields[4], fields[2] == "1", fields[3] == "1"});
    } else if (word == "attributes") {
      need(fields, 13);
      journal.attributes.push_back(
          {folder(fields[1], journal), fields[2], attributes(fields, 3), attributes(fields, 8)});
    } else {
      throw damaged();
    }
  }

  std::size_t folder(const std::string& text, const RestoreJournal& journal) const {
    const auto found = number<std::size_t>(text);
    if (found >= journal.folders.size()) throw damaged();
    return found;
  }

  Error damaged() const {
    return {ErrorKind::kDamaged, concat("the restore journal ", path_),
            "it is not as backshelf wrote it",
            concat("look for folders named ", kHolderPrefix,
                   "… beside the home's parts (new/ and old/ in them), then remove the journal")};
  }

  std::string_view text_;
  const std::string& path_;
};

std::string text_of(const TreeAttributes& attributes) {
  return concat("\t", attributes.mode, "\t", attributes.uid, "\t", attributes.gid, "\t",
                attributes.mtime.seconds, "\t", attributes.mtime.nanoseconds);
}

const char* text_of(bool value) {
  return value ? "\t1" : "\t0";
}

}  // namespace

std::string RestoredFolder::new_path() const {
  return concat(holder, "/new/", inner);
}

std::string RestoredFolder::old_path() const {
  return concat(holder, "/old/", inner);
}

std::string RestoreJournal::mark() const {
  return concat(kHolderPrefix, job, ".new");
}

std::vector<std::string> RestoreJournal::holders() const {
  std::vector<std::string> all;
  for (const RestoredFolder& one : folders) {
    if (std::find(all.begin(), all.end(), one.holder) == all.end()) all.push_back(one.holder);
  }
  return all;
}

std::string print_journal(const RestoreJournal& journal) {
  std::string text = concat(kFirstLine, "\njob\t", escape(journal.job), "\t",
                            static_cast<int>(journal.phase), text_of(journal.after_is_due), "\n");
  for (const RestoredFolder& one : journal.folders) {
    text += concat("folder", text_of(one.whole), "\t", escape(one.directory), "\t",
                   escape(one.holder), "\t", escape(one.inner), text_of(one.attributes), "\n");
  }
  for (const RestoreStep& step : journal.steps) {
    text += concat("step\t", step.folder, text_of(step.had_old), text_of(step.has_new), "\t",
                   escape(step.path), "\n");
  }
  for (const RestoredAttributes& one : journal.attributes) {
    text += concat("attributes\t", one.folder, "\t", escape(one.path), text_of(one.before),
                   text_of(one.after), "\n");
  }
  return concat(text, kLastLine, "\n");
}

RestoreJournal parse_journal(std::string_view text, const std::string& path) {
  return JournalReader(text, path).read();
}

void save_journal(const std::string& path, const RestoreJournal& journal) {
  write_file(path, as_bytes(print_journal(journal)), kJournalMode, AtomicFile::Existing::kReplace);
}

std::optional<RestoreJournal> find_journal(const std::string& path) {
  const auto bytes = find_file(path, kJournalMaxBytes);
  if (!bytes) return std::nullopt;
  return parse_journal(as_text(*bytes), path);
}

}  // namespace backshelf
