// A small home, two locations in memory and everything a job needs.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "engine/archive/outer_table.h"
#include "engine/crypto/secret_bytes.h"
#include "engine/job/jobs.h"
#include "engine/keys/key_ring.h"
#include "engine/stream/adapters.h"
#include "tests/support/fake_catalog.h"
#include "tests/support/fake_clock.h"
#include "tests/support/kind_of.h"
#include "tests/support/memory_location.h"
#include "tests/support/temp_directory.h"
#include "tests/support/wait_until.h"

namespace backshelf {

class JobTest : public testing::Test {
 protected:
  JobTest() {
    disk.write("home/config/configuration.yaml", "default_config:\n");
    disk.write("home/config/.HA_VERSION", "2026.11.2");
    disk.write("home/ssl/privkey.pem", "key\n");
    disk.write("home/addons/mine/config.json", "{}");
    disk.write("home/apps/core_ssh/addon.json",
               R"({"user":{},"system":{"name":"SSH"},"version":"9.9.9","state":"stopped"})");
    disk.write("home/apps/core_ssh/data/options.json", "{}");
    disk.write("home/apps/broken/addon.json", "{}");
    config.home.root = disk.path("home");
    config.state_path = disk.path("state");
    config.archive.encrypt = false;
    config.archive.compression = "fast";
    LocationConfig place;
    place.name = "local";
    config.locations.push_back(place);
    place.name = "nas";
    config.locations.push_back(place);
    std::vector<SecretBytes> list;
    list.emplace_back(as_bytes("ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ01"));
    keys = KeyRing::make(std::move(list));
    state = StateStore::open(disk.path("state"));
  }

  [[nodiscard]] JobParts parts() { return parts(catalog); }
  [[nodiscard]] JobParts parts(Catalog& of) {
    return {.catalog = of,
            .keys = *keys,
            .config = config,
            .pool = pool,
            .clock = clock,
            .log = null_log(),
            .read_only = false,
            .state = state.get(),
            .leave_out = {}};
  }
  [[nodiscard]] std::unique_ptr<Jobs> make() { return Jobs::make(parts()); }

  static void wait_idle(const Jobs& jobs) {
    ASSERT_TRUE(wait_until([&] {
      const JobsState now = jobs.state();
      return now.state == "idle" && now.queue.empty();
    })) << "it does not become idle";
  }
  static void wait_for_state(const Jobs& jobs, const std::string& word) {
    ASSERT_TRUE(wait_until([&] {
      const JobsState now = jobs.state();
      return now.state == word && (word != "verify" || !now.job->folder.empty());
    })) << "never in the state "
        << word;
  }
  // Names of the members of the only archive of a location.
  static std::vector<std::string> members(const MemoryLocation& location) {
    const MemoryStore now = location.look();
    EXPECT_EQ(now.objects.size(), 1u);
    std::vector<std::string> names;
    if (now.objects.empty()) return names;
    const OuterTable table = read_outer_table(MemorySource(now.objects.begin()->second));
    EXPECT_EQ(table.problem, "");
    for (const OuterMember& member : table.members) names.push_back(member.name);
    return names;
  }
  static Metadata metadata(const ByteVec& archive) {
    const OuterTable table = read_outer_table(MemorySource(archive));
    const OuterMember& last = table.members.back();
    return parse_metadata(ByteView(archive).subspan(last.data_offset, last.size));
  }

  TempDirectory disk;
  Config config;
  std::shared_ptr<MemoryLocation> local = std::make_shared<MemoryLocation>("local");
  std::shared_ptr<MemoryLocation> nas = std::make_shared<MemoryLocation>("nas");
  FakeCatalog catalog{{local, nas}};
  std::unique_ptr<KeyRing> keys;
  WorkerPool pool{2};
  FakeClock clock;
  std::unique_ptr<StateStore> state;
};

}  // namespace backshelf
