#include "engine/home/app_info.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "engine/base/error.h"
#include "engine/disk/file.h"

namespace backshelf {
namespace {

constexpr std::size_t kMaxSlugBytes = 200;  // leaves room for the endings of a member's name
constexpr std::size_t kMaxExcludes = 100;

std::string problem_of(const Json& addon) {
  if (!addon.is_object()) return "its addon.json is missing or no JSON object";
  for (const char* const key : {"user", "system"}) {
    if (!addon[key].is_object()) return concat("its addon.json has no \"", key, "\"");
  }
  for (const char* const key : {"version", "state"}) {
    if (!addon[key].is_string()) return concat("its addon.json has no \"", key, "\"");
  }
  return {};
}

bool is_hex(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

}  // namespace

AppInfo read_app_info(const Json& addon) {
  AppInfo info;
  info.problem = problem_of(addon);
  const Json& system = addon["system"];
  info.name = system["name"].text_or({});
  info.version = addon["version"].text_or(system["version"].text_or({}));
  const Json& now = system["backup_exclude"];
  for (const Json& pattern : (now.is_array() ? now : system["snapshot_exclude"]).items()) {
    if (pattern.is_string() && info.excludes.size() < kMaxExcludes) {
      info.excludes.push_back(pattern.text_or({}));
    }
  }
  return info;
}

bool is_homeassistant_json(const Json& file) {
  constexpr std::array kKeys = {"uuid",     "version",      "image",         "access_token",
                                "boot",     "port",         "refresh_token", "ssl",
                                "watchdog", "audio_output", "audio_input"};
  if (!std::all_of(kKeys.begin(), kKeys.end(), [&](const char* key) { return file.has(key); })) {
    return false;
  }
  const std::int64_t port = file["port"].int_or(0);
  const std::string uuid = file["uuid"].text_or({});
  return uuid.size() == 32 && is_hex(uuid) && is_hex(file["access_token"].text_or({})) &&
         file["version"].is_string() && file["image"].is_string() && file["boot"].is_bool() &&
         file["ssl"].is_bool() && file["watchdog"].is_bool() && port > 0 && port < 65536;
}

bool is_app_slug(std::string_view slug) {
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.';
  };
  return !slug.empty() && slug.size() <= kMaxSlugBytes && slug.front() != '.' &&
         std::all_of(slug.begin(), slug.end(), allowed);
}

Json find_json(const std::string& path, std::size_t limit) {
  try {
    const std::optional<ByteVec> bytes = find_file(path, limit);
    return bytes ? parse_json(*bytes) : Json();
  } catch (const Error&) {  // isolation: one source file
    return {};
  }
}

}  // namespace backshelf
