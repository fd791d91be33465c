#include "engine/job/home_count.h"

#include <sys/resource.h>
#include <unistd.h>

namespace backshelf {
namespace {

constexpr int kLowPriority = 10;  // the backup itself comes first

}  // namespace

HomeCount::HomeCount(const BackupPlan& plan)
    : thread_([this, &plan](const std::stop_token& stop) { count(plan, stop); }) {}

std::optional<HomeCount::Total> HomeCount::total() const {
  return total_.with([](const std::optional<Total>& total) { return total; });
}

void HomeCount::count(const BackupPlan& plan, const std::stop_token& stop) {
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kLowPriority);
  try {
    Total all;
    for (const PartPlan& part : plan.write.parts) {
      const PartEstimate found = estimate_part(plan.layout, plan.source, part.part, stop);
      all.files += found.files;
      all.bytes += found.bytes;
    }
    total_.with([&](std::optional<Total>& total) { total = all; });
  } catch (const std::exception&) {  // isolation: the backup meets the same and tells it
  }
}

}  // namespace backshelf
