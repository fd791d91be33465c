#include "engine/archive/archive.h"

#include <gtest/gtest.h>

#include <thread>

#include "engine/stream/adapters.h"
#include "tests/engine/archive/vectors.h"
#include "tests/support/small_archive.h"

namespace backshelf {
namespace {

constexpr char kPassword[] = "ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ01";

std::string format_path(const std::string& name) {
  return concat(BACKSHELF_TEST_DATA, "/format/", name);
}

// A tar of plain files, ended as it should be.
std::string tar_of(const std::map<std::string, std::string>& files) {
  std::string tar;
  for (const auto& [name, content] : files) add_tar_file(tar, name, content);
  tar.resize(tar.size() + 1024, '\0');
  return tar;
}

std::string metadata_of(const std::string& more) {
  return concat(R"({"slug":"0a1b2c3d","name":"n","date":"2025-03-04T05:06:07+00:00",)",
                R"("type":"partial")", more, "}");
}

struct Opened {
  explicit Opened(const std::string& bytes, const std::string& name = "x.tar",
                  const Json& password = Json())
      : ring(ring_of(password)),
        archive(Archive::open(
            std::make_shared<MemorySource>(ByteVec(as_bytes(bytes).begin(), as_bytes(bytes).end())),
            name, {*ring, cache})) {}
  // Everything that is shown, with the size of files.
  [[nodiscard]] std::map<std::string, std::uint64_t> tree() const {
    std::map<std::string, std::uint64_t> paths;
    walk_folder(*archive, archive->attr(Archive::kRoot), "",
                [&](const std::string& path, const FolderAttr& attr) {
                  paths[path] = attr.type == EntryType::kFile ? attr.size : 0;
                });
    return paths;
  }
  [[nodiscard]] std::string text(const std::string& path) const {
    const auto attr = archive->find(*RelPath::parse(path));
    if (!attr) return "(absent)";
    const ByteVec content = read_all(*archive, *attr, 7);
    return std::string(as_text(content));
  }
  BlockCache cache{kMiB};
  std::shared_ptr<KeyRing> ring;
  std::shared_ptr<Archive> archive;
};

TEST(Archive, maps_the_parts_to_their_folders) {
  const std::string inner = tar_of({{"data/options.json", "{}"}});
  const Opened opened(tar_of(
      {{"./backup.json", metadata_of(R"(,"version":2,"homeassistant":{"version":"1"},)"
                                     R"("folders":["addons/local","ssl"],)"
                                     R"("addons":[{"slug":"local_a.b"},{"slug":"share"}])")},
       {"addons_local.tar", inner},
       {"homeassistant.tar", tar_of({{"./homeassistant.json", "{1}"}, {"data/a.yaml", "a"}})},
       {"local_a.b.tar", inner},
       {"share.tar", inner},
       {"ssl.tar", inner},
       {"supervisor.tar", inner}}));
  const auto tree = opened.tree();
  std::vector<std::string> paths;
  for (const auto& [path, size] : tree) {
    if (path.find("options") == std::string::npos && path.find("/data") == std::string::npos) {
      paths.push_back(path);
    }
  }
  EXPECT_EQ(paths, (std::vector<std::string>{"/addons", "/apps", "/apps/local_a.b", "/apps/share",
                                             "/backup.json", "/config", "/config/a.yaml",
                                             "/homeassistant.json", "/ssl", "/supervisor"}));
  EXPECT_EQ(opened.text("homeassistant.json"), "{1}");
  EXPECT_EQ(opened.archive->state(), State::kOk);
  EXPECT_EQ(opened.archive->problem(), "");
  for (const MemberInfo& member : opened.archive->members()) {
    EXPECT_EQ(member.in_metadata, member.folder != "supervisor") << member.member;
  }
}

TEST(Archive, shows_a_configuration_of_the_first_format_with_a_data_folder_of_its_own) {
  const Opened opened(
      tar_of({{"./snapshot.json", metadata_of(R"(,"homeassistant":"0.50")")},
              {"./homeassistant.tar", tar_of({{"configuration.yaml", "c"}, {"data/mine", "m"}})}}));
  EXPECT_EQ(opened.text("config/configuration.yaml"), "c");
  EXPECT_EQ(opened.text("config/data/mine"), "m");
  EXPECT_EQ(opened.text("snapshot.json"), metadata_of(R"(,"homeassistant":"0.50")"));
}

TEST(Archive, shows_a_container_backup_that_says_nothing_of_its_version) {
  const Opened opened(tar_of({{"./backup.json", metadata_of(R"(,"folders":["homeassistant"])")},
                              {"homeassistant.tar", tar_of({{"data/configuration.yaml", "c"}})}}));
  EXPECT_EQ(opened.text("config/configuration.yaml"), "c");
}

TEST(Archive, guesses_the_folders_when_the_metadata_is_unusable) {
  const std::string inner = tar_of({{"f", "x"}});
  const Opened opened(tar_of({{"./backup.json", "no json"},
                              {"apps.tar", inner},
                              {"core_ssh.tar", inner},
                              {"share.tar", inner},
                              {"supervisor.tar", inner}}));
  EXPECT_EQ(opened.text("share/f"), "x");
  EXPECT_EQ(opened.text("supervisor/f"), "x");
  EXPECT_EQ(opened.text("apps/core_ssh/f"), "x");
  EXPECT_EQ(opened.text("apps/apps/f"), "x");
  EXPECT_EQ(opened.text("backup.json"), "no json");
  EXPECT_EQ(opened.archive->state(), State::kBadMetadata);
  EXPECT_NE(opened.text("PROBLEM.txt").find("backup.json"), std::string::npos);
}

TEST(Archive, gives_a_member_with_a_name_of_its_own_folder_another_one) {
  const std::string inner = tar_of({{"f", "x"}});
  const Opened opened(tar_of({{"./backup.json", metadata_of("")},
                              {"apps.tar", inner},
                              {"config.tar", inner},
                              {"homeassistant.tar", inner}}));
  EXPECT_EQ(opened.text("apps (2)/f"), "x");
  EXPECT_EQ(opened.text("config/f"), "x");
  EXPECT_EQ(opened.text("config (2)/f"), "x");
}

TEST(Archive, names_what_the_metadata_promises_and_is_not_there) {
  const Opened opened(tar_of({{"./backup.json", metadata_of(R"(,"folders":["ssl","media"])")},
                              {"ssl.tar", tar_of({{"f", "x"}})}}));
  EXPECT_NE(opened.text("PROBLEM.txt").find("media"), std::string::npos);
  EXPECT_EQ(opened.archive->state(), State::kDamaged) << "a promise is not kept";
}

TEST(Archive, a_stranger_takes_no_name_of_a_listed_part) {
  std::string tar;
  add_tar_file(tar, "./backup.json", metadata_of(R"(,"folders":["ssl"])"));
  add_tar_file(tar, "ssl.tar", tar_of({{"f", "forged"}}));
  add_tar_file(tar, "ssl.tar", tar_of({{"f", "real"}}));
  tar.resize(tar.size() + 1024, '\0');
  const Opened opened(tar);
  EXPECT_EQ(opened.text("ssl/f"), "real") << "the last of a name, as everywhere in a tar";
  EXPECT_EQ(opened.text("ssl (2)/f"), "forged");
}

TEST(Archive, of_metadata_alone_is_a_backup) {
  const Opened opened(tar_of({{"./backup.json", metadata_of("")}}));
  EXPECT_EQ(opened.archive->state(), State::kOk);
  EXPECT_EQ(opened.tree().size(), 1U);
}

TEST(Archive, without_metadata_is_no_backup_but_readable) {
  const Opened opened(tar_of({{"ssl.tar", tar_of({{"f", "x"}})}}));
  EXPECT_EQ(opened.archive->state(), State::kNotABackup);
  EXPECT_EQ(opened.text("ssl/f"), "x");
  const Opened other(tar_of({{"readme.txt", "x"}}));
  EXPECT_EQ(other.archive->state(), State::kNotABackup);
  EXPECT_EQ(other.tree().size(), 1U) << "PROBLEM.txt alone";
}

TEST(Archive, that_was_cut_shows_what_is_left) {
  const std::string whole = tar_of(
      {{"a.tar", tar_of({{"f", std::string(3000, 'x')}})}, {"./backup.json", metadata_of("")}});
  const Opened opened(whole.substr(0, 4 * 512 + 1000));  // headers, metadata, inner header
  EXPECT_EQ(opened.archive->state(), State::kArchiveTruncated);
  const auto attr = opened.archive->find(*RelPath::parse("a/f"));
  ASSERT_TRUE(attr);
  EXPECT_EQ(attr->size, 3000U);
  ByteVec part(1000);
  EXPECT_EQ(opened.archive->read(attr->id, 0, part), 1000U);
  ByteVec all(3000);
  EXPECT_THROW((void)opened.archive->read(attr->id, 0, all), Error);
  EXPECT_EQ(opened.archive->members()[0].state, State::kTruncated);
}

TEST(Archive, serves_no_byte_of_a_plain_gzip_whose_checksum_is_wrong) {
  std::string gzip = stored_gzip(tar_of({{"f", std::string(2000, 'x')}}));
  gzip[600] = 'y';  // inside the stored block: deflate cannot notice
  const Opened opened(tar_of({{"./backup.json", metadata_of("")}, {"ssl.tar.gz", gzip}}));
  const auto attr = opened.archive->find(*RelPath::parse("ssl/f"));
  ASSERT_TRUE(attr) << "it is listed";
  ByteVec out(1);
  EXPECT_THROW((void)opened.archive->read(attr->id, 1999, out), Error);
  EXPECT_EQ(opened.archive->state(), State::kDamaged);
  EXPECT_FALSE(opened.archive->members()[0].authenticated);
}

TEST(Archive, stays_ok_with_links_to_nothing) {
  OpenVector vector(vector_path("archives/links.tar"), Json("correct horse battery staple"));
  const auto attr = vector.archive->find(*RelPath::parse("share/dangling_hl"));
  if (attr) {
    ByteVec out(1);
    EXPECT_THROW((void)vector.archive->read(attr->id, 0, out), Error);
  }
  EXPECT_EQ(vector.archive->state(), State::kOk);
}

TEST(Archive, opens_single_members_given_as_files) {
  for (const std::string name : {"v2_tar.securetar", "v3_tar.securetar", "v3_1MiB_plus1.securetar",
                                 "v3_2MiB_plus100.securetar"}) {
    OpenVector vector(format_path(name), Json(kPassword));
    const auto attr = vector.archive->find(*RelPath::parse(name + "/a.txt"));
    ASSERT_TRUE(attr) << name << vector.archive->problem();
    EXPECT_EQ(std::string(as_text(read_all(*vector.archive, *attr, 3))), "xxxxx");
    EXPECT_EQ(vector.archive->members()[0].securetar, name[1] - '0');
  }
  const Opened bare(stored_gzip(tar_of({{"./addon.json", "{}"}})), "/backups/core_ssh.tar.gz");
  EXPECT_EQ(bare.text("apps/core_ssh/addon.json"), "(absent)");
  EXPECT_EQ(bare.text("core_ssh/addon.json"), "{}");
  EXPECT_EQ(bare.archive->state(), State::kOk);
}

TEST(Archive, reads_a_finished_stream_whose_size_was_never_patched_in) {
  for (const std::string name : {"v3_1MiB_plus1.securetar", "v3_exact1MiB.securetar"}) {
    const ByteVec bytes = read_file(format_path(name), 8 * kMiB);
    std::string text(as_text(bytes));
    text.replace(16, 8, 8, '\0');
    const Opened opened(text, "share.tar", Json(kPassword));
    opened.archive->check();
    EXPECT_EQ(opened.archive->members()[0].state, State::kOk) << opened.archive->problem();
    const Opened cut(text.substr(0, text.size() - 1), "share.tar", Json(kPassword));
    cut.archive->check();
    EXPECT_EQ(cut.archive->members()[0].state, State::kTruncated);
  }
}

TEST(Archive, packed_once_more_is_no_backup) {
  const Opened opened(stored_gzip(tar_of({{"./backup.json", "{}"}})), "x.tar");
  EXPECT_EQ(opened.archive->state(), State::kNotABackup);
  EXPECT_NE(opened.text("PROBLEM.txt").find("gunzip"), std::string::npos);
}

TEST(Archive, opens_complete_backups_of_known_keys) {
  for (const char* name : {"backup_v2_pw.tar", "backup_v3_pw.tar"}) {
    OpenVector vector(format_path(name), Json(kPassword));
    vector.archive->verify({}, {});
    EXPECT_EQ(vector.archive->state(), State::kOk) << vector.archive->problem();
  }
}

TEST(Archive, tells_a_caller_that_gave_up_that_it_was_interrupted) {
  OpenVector vector(vector_path("archives/v3_gz_basic.tar"), Json("correct horse battery staple"));
  std::stop_source stop;
  stop.request_stop();
  const auto config = vector.archive->find(*RelPath::parse("config"));
  ASSERT_TRUE(config);
  try {
    (void)vector.archive->child_count(config->id, stop.get_token());
    FAIL() << "it was not stopped";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInterrupted);
  }
  EXPECT_GT(vector.archive->child_count(config->id), 0U) << "and the next one gets it";
}

TEST(Archive, gives_many_threads_the_same_bytes) {
  OpenVector vector(vector_path("archives/v2_gz_basic.tar"), Json("correct horse battery staple"));
  std::vector<std::string> results(4);
  std::vector<std::jthread> threads;
  for (std::string& result : results) {
    threads.emplace_back([&] {
      walk_folder(*vector.archive, vector.archive->attr(Archive::kRoot), "",
                  [&](const std::string& path, const FolderAttr& attr) {
                    if (attr.type != EntryType::kFile) return;
                    const ByteVec bytes = read_all(*vector.archive, attr, 1021);
                    result += path + to_hex(sha256(bytes));
                  });
    });
  }
  threads.clear();
  EXPECT_FALSE(results[0].empty());
  for (const std::string& result : results) EXPECT_EQ(result, results[0]);
}

TEST(Archive, reports_progress_up_to_its_size_while_verifying) {
  OpenVector vector(vector_path("archives/v3_tar_boundary.tar"),
                    Json("correct horse battery staple"));
  std::uint64_t last = 0;
  std::uint64_t total = 0;
  vector.archive->verify(
      [&](const PassProgress& progress) {
        EXPECT_GE(progress.done_bytes, last);
        last = progress.done_bytes;
        total = progress.total_bytes;
      },
      {});
  EXPECT_EQ(last, total);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(vector.archive->verify({}, stop.get_token()), Error);
}

}  // namespace
}  // namespace backshelf
