#include "fs/uploads.h"

#include <gtest/gtest.h>

#include "engine/keys/key_ring.h"
#include "tests/support/fake_catalog.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_jobs.h"
#include "tests/support/kind_of.h"
#include "tests/support/small_archive.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

class UploadsTest : public testing::Test {
 protected:
  static std::shared_ptr<Location> location_in(const std::string& path) {
    DirectoryLocationOptions options;
    options.name = "local";
    options.path = path;
    return make_directory_location(options);
  }
  std::uint64_t staged(const std::string& name, std::string_view content) {
    const std::uint64_t id = uploads_->create("local", name).id;
    uploads_->write(id, 0, as_bytes(content));
    return id;
  }
  [[nodiscard]] bool is_staged(const std::string& name) const {
    return uploads_->find("local", name).has_value();
  }
  [[nodiscard]] std::string published(const std::string& name) {
    if (!location_->find(name)) return {};
    const auto source = location_->open(name);
    std::string bytes(source->size(), '\0');
    (void)source->read_at(0, std::as_writable_bytes(std::span(bytes)));
    return bytes;
  }

  TempDirectory disk_;
  FakeClock clock_;
  FakeJobs jobs_;
  BlockCache cache_{kMiB};
  std::unique_ptr<KeyRing> keys_ = KeyRing::make({});
  std::shared_ptr<Location> location_ = location_in(disk_.path());
  FakeCatalog catalog_{{location_}};
  std::unique_ptr<Uploads> uploads_ = Uploads::make({.catalog = catalog_,
                                                     .jobs = jobs_,
                                                     .tools = {*keys_, cache_},
                                                     .clock = clock_,
                                                     .log = null_log()});
  const std::string archive_ = small_archive();
};

TEST_F(UploadsTest, AClosePublishesASoundArchiveAndQueuesItsVerification) {
  const std::uint64_t id = staged("A.tar", archive_);
  EXPECT_EQ(published("A.tar"), "") << "nothing half-done is visible";
  uploads_->flush(id);
  EXPECT_EQ(published("A.tar"), archive_);
  EXPECT_EQ(catalog_.look().adopted, std::vector<std::string>{"local/A.tar"});
  ASSERT_EQ(jobs_.submitted.size(), 1U);
  EXPECT_EQ(std::get<VerifyCommand>(jobs_.submitted[0]).folders, std::vector<std::string>{"A"});
  EXPECT_EQ(kind_of([&] { uploads_->write(id, 0, as_bytes("x")); }), ErrorKind::kExists);
  uploads_->released(id);
  EXPECT_FALSE(uploads_->find(id));
}

TEST_F(UploadsTest, EveryCloseOfAnUnsoundArchiveSaysSoAndTheLastOneDropsIt) {
  const std::uint64_t id = staged("A.tar", archive_.substr(0, 700));
  for (int close = 0; close < 2; ++close) {
    EXPECT_EQ(kind_of([&] { uploads_->flush(id); }), ErrorKind::kInvalid);
  }
  EXPECT_TRUE(is_staged("A.tar"));
  EXPECT_FALSE(jobs_.reports.empty());
  uploads_->released(id);
  EXPECT_FALSE(is_staged("A.tar"));
  EXPECT_EQ(published("A.tar"), "");
}

TEST_F(UploadsTest, WhatWasUnsoundAtOneCloseMayBeWholeAtTheNext) {
  const std::uint64_t id = staged("A.tar", archive_.substr(0, 700));
  EXPECT_EQ(kind_of([&] { uploads_->flush(id); }), ErrorKind::kInvalid);
  uploads_->write(id, 700, as_bytes(archive_).subspan(700));
  uploads_->flush(id);
  EXPECT_EQ(published("A.tar"), archive_);
}

TEST_F(UploadsTest, AnEmptyCloseWaits) {
  const std::uint64_t id = uploads_->create("local", "A.tar").id;
  uploads_->flush(id);
  uploads_->released(id);
  EXPECT_TRUE(is_staged("A.tar"));
  clock_.advance(std::chrono::minutes(9));
  uploads_->expire();
  EXPECT_TRUE(is_staged("A.tar"));
  clock_.advance(std::chrono::minutes(1));
  uploads_->expire();
  EXPECT_FALSE(is_staged("A.tar"));
}

TEST_F(UploadsTest, ARenameToAnArchivesNamePublishes) {
  const std::uint64_t id = staged(".A.tar.x1", archive_);
  uploads_->flush(id);
  uploads_->released(id);
  EXPECT_EQ(published("A.tar"), "");
  uploads_->rename("local", ".A.tar.x1", "A.tar", false);
  EXPECT_EQ(published("A.tar"), archive_);
  EXPECT_EQ(jobs_.submitted.size(), 1U);
}

TEST_F(UploadsTest, ARefusedRenameChangesNothing) {
  (void)staged("A.tar", archive_);
  (void)staged(".x", "no archive");
  EXPECT_EQ(kind_of([&] { uploads_->rename("local", ".x", "A.tar", false); }), ErrorKind::kInvalid);
  EXPECT_TRUE(is_staged(".x"));
  EXPECT_TRUE(is_staged("A.tar")) << "what would have been replaced is still there";
  EXPECT_EQ(kind_of([&] { uploads_->rename("local", ".x", "A.tar", true); }), ErrorKind::kExists);
}

TEST_F(UploadsTest, AnUploadRemovedWhileItIsOpenClosesWithoutAWord) {
  const std::uint64_t id = staged("A.tar", archive_);
  uploads_->remove("local", "A.tar");
  uploads_->flush(id);
  uploads_->released(id);
  EXPECT_EQ(published("A.tar"), "");
}

TEST_F(UploadsTest, OnlyNamesOfArchivesAndOfToolsOnTheWayAreTaken) {
  for (const char* const name : {"A.tar", ".A.tar.Xy3", "A.part", "x~", "4913", "sedAb12Cd"}) {
    EXPECT_TRUE(Uploads::accepts(name)) << name;
  }
  for (const char* const name : {"", ".", "..", "a.txt", "sedative1x", "sed-a12Cd", "tar"}) {
    EXPECT_FALSE(Uploads::accepts(name)) << name;
  }
  EXPECT_FALSE(Uploads::accepts(std::string(252, 'a') + ".tar"));
  EXPECT_EQ(kind_of([&] { (void)uploads_->create("local", "a.txt"); }), ErrorKind::kAccess);
}

}  // namespace
}  // namespace backshelf
