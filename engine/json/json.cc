#include "engine/json/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

namespace backshelf {
namespace {

std::string number_text(double value) {
  if (!std::isfinite(value)) return "null";
  char buffer[32];
  const auto end = std::to_chars(std::begin(buffer), std::end(buffer), value).ptr;
  std::string text(std::begin(buffer), end);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";  // a float stays one
  return text;
}

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

// Prints; a friend because it looks at the stored type.
struct JsonText {
  std::string text;
  int indent = -1;

  void line(std::size_t depth) {
    if (indent < 0) return;
    text += '\n';
    text.append(depth * static_cast<std::size_t>(indent), ' ');
  }
  void operator()(std::monostate, std::size_t) { text += "null"; }
  void operator()(bool value, std::size_t) { text += value ? "true" : "false"; }
  void operator()(std::int64_t value, std::size_t) { text += std::to_string(value); }
  void operator()(std::uint64_t value, std::size_t) { text += std::to_string(value); }
  void operator()(double value, std::size_t) { text += number_text(value); }
  void operator()(const std::string& value, std::size_t) { text += quoted(value); }
  void operator()(const Json::Array& items, std::size_t depth) {
    text += '[';
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) text += ',';
      line(depth + 1);
      print(items[i], depth + 1);
    }
    if (!items.empty()) line(depth);
    text += ']';
  }
  void operator()(const Json::Object& members, std::size_t depth) {
    text += '{';
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i > 0) text += ',';
      line(depth + 1);
      text += quoted(members[i].first);
      text += indent < 0 ? ":" : ": ";
      print(members[i].second, depth + 1);
    }
    if (!members.empty()) line(depth);
    text += '}';
  }
  void print(const Json& value, std::size_t depth) {
    std::visit([&](const auto& held) { (*this)(held, depth); }, value.value_);
  }
};

bool Json::is_number() const {
  return std::holds_alternative<std::int64_t>(value_) ||
         std::holds_alternative<std::uint64_t>(value_) || std::holds_alternative<double>(value_);
}

std::string Json::text_or(std::string_view otherwise) const {
  const auto* text = std::get_if<std::string>(&value_);
  return text != nullptr ? *text : std::string(otherwise);
}

bool Json::bool_or(bool otherwise) const {
  const auto* value = std::get_if<bool>(&value_);
  return value != nullptr ? *value : otherwise;
}

std::int64_t Json::int_or(std::int64_t otherwise) const {
  constexpr double kEdge = 9223372036854775808.0;  // 2^63
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return *value;
  if (const auto* value = std::get_if<std::uint64_t>(&value_)) {
    return std::in_range<std::int64_t>(*value) ? static_cast<std::int64_t>(*value) : otherwise;
  }
  if (const auto* value = std::get_if<double>(&value_); value != nullptr) {
    if (*value >= -kEdge && *value < kEdge) return static_cast<std::int64_t>(*value);
  }
  return otherwise;
}

double Json::number_or(double otherwise) const {
  if (const auto* value = std::get_if<double>(&value_)) return *value;
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*value);
  if (const auto* value = std::get_if<std::uint64_t>(&value_)) return static_cast<double>(*value);
  return otherwise;
}

const Json::Array& Json::items() const {
  static const Array kNone;
  const auto* items = std::get_if<Array>(&value_);
  return items != nullptr ? *items : kNone;
}

const Json::Object& Json::members() const {
  static const Object kNone;
  const auto* members = std::get_if<Object>(&value_);
  return members != nullptr ? *members : kNone;
}

const Json& Json::operator[](std::string_view key) const {
  static const Json kNull;
  for (const auto& [name, value] : members()) {
    if (name == key) return value;
  }
  return kNull;
}

bool Json::has(std::string_view key) const {
  return std::ranges::any_of(members(), [&](const auto& member) { return member.first == key; });
}

Json& Json::set(std::string_view key, Json value) {
  if (!is_object()) value_ = Object{};
  auto& members = std::get<Object>(value_);
  const auto found =
      std::ranges::find_if(members, [&](const auto& member) { return member.first == key; });
  if (found != members.end()) {
    found->second = std::move(value);
  } else {
    members.emplace_back(std::string(key), std::move(value));
  }
  return *this;
}

Json& Json::push(Json value) {
  if (!is_array()) value_ = Array{};
  std::get<Array>(value_).push_back(std::move(value));
  return *this;
}

std::string print_json(const Json& value, int indent) {
  JsonText printer{{}, indent};
  printer.print(value, 0);
  return std::move(printer.text);
}

}  // namespace backshelf
