#include "engine/job/past_sizes.h"

namespace backshelf {
namespace {

constexpr std::string_view kMember = "backup_sizes";  // newest last
constexpr std::size_t kMaxKept = 16;                  // different choices of parts

std::string key_of(const BackupPlan& plan) {
  std::string key = concat("level ", static_cast<int>(plan.write.level), " database ",
                           plan.source.database ? 1 : 0);
  for (const PartPlan& part : plan.write.parts) key += concat("\n", part.part);
  for (const std::string& pattern : plan.source.exclude) key += concat("\n-", pattern);
  return key;
}

std::optional<PastSize> size_of(const Json& row) {
  const std::int64_t plain = row["plain"].int_or(0);
  const std::int64_t archive = row["archive"].int_or(0);
  if (plain <= 0 || archive <= 0) return std::nullopt;
  return PastSize{static_cast<std::uint64_t>(plain), static_cast<std::uint64_t>(archive)};
}

}  // namespace

std::uint64_t PastSize::expected(std::uint64_t now_plain_bytes) const {
  const double ratio = static_cast<double>(archive_bytes) / static_cast<double>(plain_bytes);
  return static_cast<std::uint64_t>(static_cast<double>(now_plain_bytes) * ratio);
}

std::optional<PastSize> find_past_size(const StateStore* state, const BackupPlan& plan) {
  if (state == nullptr) return std::nullopt;
  const std::string key = key_of(plan);
  const Json rows = state->member(kMember);
  for (const Json& row : rows.items()) {
    if (row["key"].text_or({}) == key) return size_of(row);
  }
  return std::nullopt;
}

std::optional<PastSize> find_newest_size(const StateStore* state) {
  if (state == nullptr) return std::nullopt;
  const Json rows = state->member(kMember);
  return rows.items().empty() ? std::nullopt : size_of(rows.items().back());
}

void remember_size(StateStore& state, const BackupPlan& plan, const PastSize& size) {
  if (size.plain_bytes == 0 || size.archive_bytes == 0) return;
  const std::string key = key_of(plan);
  state.update([&](Json& content) {
    Json::Array rows;
    for (const Json& row : content[kMember].items()) {
      if (row["key"].text_or({}) != key) rows.push_back(row);
    }
    if (rows.size() >= kMaxKept) rows.erase(rows.begin());
    rows.push_back(Json::object()
                       .set("key", key)
                       .set("plain", size.plain_bytes)
                       .set("archive", size.archive_bytes));
    content.set(kMember, Json(std::move(rows)));
  });
}

}  // namespace backshelf
