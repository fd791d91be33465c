// JSON values, parsed with limits and printed. The library behind it is seen in json.cc only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/bytes.h"

namespace backshelf {

// A value; objects keep the order of their keys, and of duplicate keys the last value.
class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;

  Json() = default;  // null
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(std::int64_t{value}) {}
  Json(std::int64_t value) : value_(value) {}
  Json(std::uint64_t value) : value_(value) {}
  Json(double value) : value_(value) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}
  [[nodiscard]] static Json object() { return Json(Object{}); }
  [[nodiscard]] static Json array() { return Json(Array{}); }

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  [[nodiscard]] bool is_object() const { return std::holds_alternative<Object>(value_); }
  [[nodiscard]] bool is_array() const { return std::holds_alternative<Array>(value_); }
  [[nodiscard]] bool is_string() const { return std::holds_alternative<std::string>(value_); }
  [[nodiscard]] bool is_bool() const { return std::holds_alternative<bool>(value_); }
  [[nodiscard]] bool is_number() const;

  // The value when it has that type, else the default: reading foreign JSON never throws.
  [[nodiscard]] std::string text_or(std::string_view otherwise) const;
  [[nodiscard]] bool bool_or(bool otherwise) const;
  [[nodiscard]] std::int64_t int_or(std::int64_t otherwise) const;
  [[nodiscard]] double number_or(double otherwise) const;
  [[nodiscard]] const Array& items() const;     // empty unless an array
  [[nodiscard]] const Object& members() const;  // empty unless an object

  // Null when absent or when this is no object.
  [[nodiscard]] const Json& operator[](std::string_view key) const;
  [[nodiscard]] bool has(std::string_view key) const;
  // Sets or replaces; makes this an object (or array) when it is null. Returns *this for chains.
  Json& set(std::string_view key, Json value);
  Json& push(Json value);

 private:
  friend struct JsonText;
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Array,
               Object>
      value_;
};

struct JsonLimits {
  std::size_t bytes = 16 * kMiB;
  std::size_t depth = 64;
  std::size_t values = 1'000'000;
};

// Accepts a BOM and NaN/Infinity (read as null): Python writes both. Throws Error(kDamaged) with
// line and reason.
[[nodiscard]] Json parse_json(ByteView text, const JsonLimits& limits = {});
// indent < 0: compact. Invalid UTF-8 is replaced by U+FFFD.
[[nodiscard]] std::string print_json(const Json& value, int indent = -1);

}  // namespace backshelf
