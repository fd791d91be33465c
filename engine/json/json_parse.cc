#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/base/error.h"
#include "engine/json/json.h"

namespace backshelf {
namespace {

constexpr std::size_t kMaxReason = 200;  // of the library's message, which quotes hostile text

[[noreturn]] void refuse(std::string why) {
  throw Error(ErrorKind::kDamaged, "reading JSON", std::move(why));
}

// "[json.exception.parse_error.101] parse error at line 1, column 2: WHY; last read: 'x'" without
// its number and without what it quotes.
std::string reason_of(std::string_view message) {
  const std::size_t tag = message.find("] ");
  if (tag != std::string_view::npos) message.remove_prefix(tag + 2);
  std::string reason(message.substr(0, std::min(message.find("; last read"), kMaxReason)));
  for (char& c : reason) {
    if (c < ' ' || c > '~') c = '?';
  }
  return reason;
}

// Of equal keys the first place and the last value stay, as in Python.
void drop_duplicates(Json::Object& members) {
  std::vector<std::size_t> order(members.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    const int compared = members[a].first.compare(members[b].first);
    return compared < 0 || (compared == 0 && a < b);
  });
  std::vector<bool> dropped(members.size());
  bool any = false;
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    std::size_t last = i;
    while (last + 1 < order.size() && members[order[last + 1]].first == members[order[i]].first) {
      dropped[order[++last]] = any = true;
    }
    if (last != i) members[order[i]].second = std::move(members[order[last]].second);
    i = last;
  }
  if (!any) return;
  Json::Object kept;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (!dropped[i]) kept.push_back(std::move(members[i]));
  }
  members = std::move(kept);
}

// Builds the value while the library reads, so that the limits hold before anything is stored.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Builder(const JsonLimits& limits) : limits_(limits) {}

  bool null() override { return add({}); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(std::int64_t{value}); }
  bool number_unsigned(number_unsigned_t value) override {
    if (std::in_range<std::int64_t>(value)) return add(static_cast<std::int64_t>(value));
    return add(std::uint64_t{value});
  }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return fail("it holds binary data"); }
  bool start_object(std::size_t) override { return open(false); }
  bool start_array(std::size_t) override { return open(true); }
  bool key(string_t& value) override {
    open_.back().key = std::move(value);
    return true;
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::detail::exception& error) override {
    return fail(reason_of(error.what()));
  }

  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] Json take() { return std::move(root_); }

 private:
  struct Level {
    bool is_array = false;
    std::string key;  // of the member whose value comes next
    Json::Array items;
    Json::Object members;
  };

  bool fail(std::string why) {
    if (problem_.empty()) problem_ = std::move(why);
    return false;
  }
  bool count_value() {
    if (++values_ <= limits_.values) return true;
    return fail(concat("it holds more than ", limits_.values, " values"));
  }
  bool open(bool is_array) {
    if (open_.size() >= limits_.depth) {
      return fail(concat("it is nested deeper than ", limits_.depth, " levels"));
    }
    if (!count_value()) return false;
    open_.emplace_back();
    open_.back().is_array = is_array;
    return true;
  }
  bool close() {
    Level level = std::move(open_.back());
    open_.pop_back();
    if (level.is_array) {
      put(Json(std::move(level.items)));
    } else {
      drop_duplicates(level.members);
      put(Json(std::move(level.members)));
    }
    return true;
  }
  bool add(Json value) {
    if (!count_value()) return false;
    put(std::move(value));
    return true;
  }
  void put(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().is_array) {
      open_.back().items.push_back(std::move(value));
    } else {
      open_.back().members.emplace_back(std::move(open_.back().key), std::move(value));
    }
  }

  JsonLimits limits_;
  std::vector<Level> open_;
  std::size_t values_ = 0;
  std::string problem_;
  Json root_;
};

// Python writes NaN, Infinity and -Infinity, which JSON does not know: "null" takes their place.
std::optional<std::string> without_python_numbers(std::string_view text) {
  if (text.find("NaN") == std::string_view::npos && text.find("Infinity") == std::string_view::npos)
    return std::nullopt;
  std::string plain;
  plain.reserve(text.size() + 16);
  bool in_string = false;
  while (!text.empty()) {
    std::size_t length = 1;
    if (in_string) {
      if (text[0] == '\\' && text.size() > 1) length = 2;
      if (text[0] == '"') in_string = false;
    } else if (text[0] == '"') {
      in_string = true;
    } else {
      for (const std::string_view word : {"NaN", "-Infinity", "Infinity"}) {
        if (text.starts_with(word)) length = word.size();
      }
    }
    plain += length > 2 ? std::string_view("null") : text.substr(0, length);
    text.remove_prefix(length);
  }
  return plain;
}

}  // namespace

Json parse_json(ByteView text, const JsonLimits& limits) {
  if (text.size() > limits.bytes) refuse(concat("it is larger than ", limits.bytes, " bytes"));
  std::string_view view = as_text(text);
  const std::optional<std::string> plain = without_python_numbers(view);
  if (plain) view = *plain;
  Builder builder(limits);
  if (!nlohmann::json::sax_parse(view.begin(), view.end(), &builder)) refuse(builder.problem());
  return builder.take();
}

}  // namespace backshelf
