#include "engine/job/retention.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "engine/job/local_time.h"

namespace backshelf {
namespace {

constexpr std::chrono::hours kAhead(24);  // a clock that was put back, a zone set wrong

using Items = std::vector<const RetentionItem*>;              // newest first
using Reasons = std::map<const RetentionItem*, std::string>;  // of those that stay

int day_of(Instant when) {
  return static_cast<int>(to_local(when).day.time_since_epoch().count());
}

// Each week by its Monday: two weeks of that name are years apart.
int week_of(Instant when) {
  const Day day = to_local(when).day;
  const int after_monday = static_cast<int>(std::chrono::weekday(day).iso_encoding()) - 1;
  return static_cast<int>(day.time_since_epoch().count()) - after_monday;
}

int year_of(Instant when) {
  return static_cast<int>(std::chrono::year_month_day(to_local(when).day).year());
}

int month_of(Instant when) {
  const std::chrono::year_month_day date(to_local(when).day);
  return static_cast<int>(date.year()) * 12 + static_cast<int>(unsigned(date.month()));
}

struct Period {
  int RetentionRules::*count;
  const char* key;
  const char* word;
  int (*of)(Instant);
};
constexpr Period kPeriods[] = {{&RetentionRules::daily, "keep_daily", "day", day_of},
                               {&RetentionRules::weekly, "keep_weekly", "week", week_of},
                               {&RetentionRules::monthly, "keep_monthly", "month", month_of},
                               {&RetentionRules::yearly, "keep_yearly", "year", year_of}};

void keep_copies(const Items& items, const RetentionRules& rules, Reasons& reasons) {
  int count = 0;
  const RetentionItem* before = nullptr;
  for (const RetentionItem* item : items) {
    // Two files of one instant are one backup, and take one place.
    if (before == nullptr || before->when != item->when) ++count;
    if (count > rules.copies) return;
    reasons.try_emplace(item, concat("copy ", count, " of keep = ", rules.copies));
    before = item;
  }
}

void keep_days(const Items& items, const RetentionRules& rules, Reasons& reasons) {
  if (rules.days == 0) return;
  const Instant oldest = items.front()->when - std::chrono::hours(24) * rules.days;
  for (const RetentionItem* item : items) {
    if (item->when < oldest) return;
    reasons.try_emplace(item, concat("younger than keep_days = ", rules.days));
  }
}

void keep_periods(const Items& items, const RetentionRules& rules, Reasons& reasons) {
  for (const Period& period : kPeriods) {
    const int most = rules.*period.count;
    std::set<int> held;
    for (const RetentionItem* item : items) {
      if (held.size() == static_cast<std::size_t>(most)) break;
      if (!held.insert(period.of(item->when)).second) continue;
      reasons.try_emplace(item, concat("newest of ", period.word, " ", held.size(), " of ",
                                       period.key, " = ", most));
    }
  }
}

void keep_by_rules(const Items& items, const RetentionRules& rules, Reasons& reasons) {
  if (items.empty()) return;
  keep_copies(items, rules, reasons);
  keep_days(items, rules, reasons);
  keep_periods(items, rules, reasons);
}

bool has_no_rule(const RetentionRules& rules) {
  return rules.copies == 0 && rules.days == 0 && rules.daily == 0 && rules.weekly == 0 &&
         rules.monthly == 0 && rules.yearly == 0;
}

// Empty: the rules decide.
std::string exemption(const RetentionItem& item, Instant now) {
  if (item.uploaded) return "it was put here by hand";
  if (!item.automatic) return "the schedule of this installation did not make it";
  if (item.pinned) return "it is pinned";
  if (item.protects) return "it is the last good backup";
  if (!is_real_date(item.when, now)) return "its date is in the future";
  return {};
}

// What counts for the rules: pinned and protected ones too, or an unpin would change what others
// do.
Items counted(const std::vector<RetentionItem>& items, Instant now) {
  Items chosen;
  for (const RetentionItem& item : items) {
    const bool counts = item.automatic && !item.uploaded && is_real_date(item.when, now);
    if (counts) chosen.push_back(&item);
  }
  return chosen;
}

std::string why_not(const Items& all, const RetentionRules& rules) {
  if (all.empty()) return "there is no automatic backup of this installation";
  if (has_no_rule(rules)) return "no rule is set: everything is kept";
  if (all.front()->good) return {};
  return concat("the newest automatic backup, ", all.front()->folder, ", is not verified good");
}

}  // namespace

RetentionRules rules_for(const Config& config, const std::string& location) {
  const AutomaticConfig& all = config.automatic;
  RetentionRules rules{all.keep,        all.keep_days,    all.keep_daily,
                       all.keep_weekly, all.keep_monthly, all.keep_yearly};
  for (const LocationConfig& place : config.locations) {
    if (place.name == location) rules.copies = place.keep.value_or(rules.copies);
  }
  return rules;
}

bool is_real_date(Instant when, Instant now) {
  return when <= now + kAhead;
}

Retention judge(std::vector<RetentionItem> items, const RetentionRules& rules, Instant now) {
  std::sort(items.begin(), items.end(), [](const RetentionItem& a, const RetentionItem& b) {
    return a.when != b.when ? a.when > b.when : a.folder > b.folder;
  });
  const Items all = counted(items, now);
  Retention result;
  result.halted = why_not(all, rules);
  Reasons reasons;
  if (result.halted.empty()) {
    reasons.try_emplace(all.front(), "the newest one");
    Items good;
    std::copy_if(all.begin(), all.end(), std::back_inserter(good),
                 [](const RetentionItem* item) { return item->good; });
    keep_by_rules(good, rules, reasons);
    keep_by_rules(all, rules, reasons);
  }
  for (const RetentionItem& item : items) {
    std::string reason = exemption(item, now);
    if (reason.empty()) reason = result.halted;
    const auto kept = reasons.find(&item);
    if (reason.empty() && kept != reasons.end()) reason = kept->second;
    const bool stays = !reason.empty();
    result.verdicts.push_back({item.folder, stays, stays ? reason : "no rule keeps it"});
  }
  return result;
}

}  // namespace backshelf
