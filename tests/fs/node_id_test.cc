#include "fs/node_id.h"

#include <gtest/gtest.h>

#include <set>

#include "engine/base/error.h"

namespace backshelf {
namespace {

NodeId content(std::uint32_t slot, std::uint32_t epoch, FolderId entry) {
  return {.view = View::kBackup, .number = 0, .slot = slot, .epoch = epoch, .entry = entry};
}
NodeId object(std::uint32_t slot) {
  return {.view = View::kObject, .number = 0, .slot = slot, .epoch = 0, .entry = {}};
}
NodeId upload(std::uint64_t number) {
  return {.view = View::kUpload, .number = number, .slot = 0, .epoch = 0, .entry = {}};
}
std::uint64_t key_of(FolderId entry) {
  return std::uint64_t{entry.slot} << 32 | entry.node;
}

TEST(NodeIds, the_root_has_the_number_fuse_gives_it) {
  EXPECT_EQ(pack(fixed_node(kRootNumber)), 1U);
  EXPECT_EQ(unpack(1), fixed_node(kRootNumber));
}

TEST(NodeIds, what_is_packed_comes_out_again_at_every_edge) {
  const NodeId all[] = {fixed_node(kControlNumber),
                        fixed_node(kFirstLocation),
                        fixed_node(kMaxNumber),
                        upload(1),
                        upload(kMaxNumber),
                        object(0),
                        object(kMaxSlot),
                        content(0, 0, {0, 0}),
                        content(0, 0, {0, kMaxTreeNode}),
                        content(0, 0, {kMaxMemberSlot, 0}),
                        content(0, kEpochs - 1, {0, 0}),
                        content(kMaxSlot, 0, {0, 0}),
                        content(kMaxSlot, kEpochs - 1, {kMaxMemberSlot, kMaxTreeNode})};
  std::set<std::uint64_t> packed;
  for (const NodeId& id : all) {
    EXPECT_EQ(unpack(pack(id)), id);
    packed.insert(pack(id));
  }
  EXPECT_EQ(packed.size(), std::size(all)) << "two things share a number";
  EXPECT_EQ(packed.count(0), 0U) << "the kernel takes 0 for nothing";
}

TEST(NodeIds, what_does_not_fit_is_an_error_and_never_another_thing) {
  const NodeId all[] = {fixed_node(kMaxNumber + 1),
                        upload(kMaxNumber + 1),
                        object(kMaxSlot + 1),
                        content(kMaxSlot + 1, 0, {0, 0}),
                        content(0, 0, {kMaxMemberSlot + 1, 0}),
                        content(0, 0, {0, kMaxTreeNode + 1})};
  for (const NodeId& id : all) {
    try {
      (void)pack(id);
      ADD_FAILURE() << "packed";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUnsupported);
    }
  }
}

TEST(NodeIds, an_epoch_gives_a_new_node_id_and_the_same_inode_number) {
  const FolderId entry{3, 77};
  EXPECT_NE(pack(content(5, 0, entry)), pack(content(5, 1, entry)));
  EXPECT_EQ(inode_number(content(5, 0, entry), key_of(entry)),
            inode_number(content(5, 1, entry), key_of(entry)));
  EXPECT_EQ(pack(content(5, kEpochs, entry)), pack(content(5, 0, entry)));
}

TEST(NodeIds, hard_links_share_their_inode_number_but_not_their_node_id) {
  const FolderId first{2, 10}, second{2, 11};
  EXPECT_NE(pack(content(1, 0, first)), pack(content(1, 0, second)));
  EXPECT_EQ(inode_number(content(1, 0, first), key_of(first)),
            inode_number(content(1, 0, second), key_of(first)));
}

TEST(NodeIds, inode_numbers_of_different_things_differ_and_are_positive_as_signed_ones) {
  const FolderId last{kMaxMemberSlot, kMaxTreeNode};
  const std::uint64_t numbers[] = {inode_number(fixed_node(kRootNumber), 0),
                                   inode_number(fixed_node(kFirstLocation), 0),
                                   inode_number(content(0, 0, {0, 0}), key_of({0, 0})),
                                   inode_number(content(0, 0, {0, 1}), key_of({0, 1})),
                                   inode_number(content(1, 0, {0, 0}), key_of({0, 0})),
                                   inode_number(content(kMaxSlot, 0, last), key_of(last)),
                                   inode_number(object(0), 0),
                                   inode_number(object(kMaxSlot), 0),
                                   inode_number(upload(1), 0),
                                   inode_number(upload(2), 0)};
  const std::set<std::uint64_t> different(std::begin(numbers), std::end(numbers));
  EXPECT_EQ(different.size(), std::size(numbers));
  for (const std::uint64_t number : numbers) EXPECT_LT(number, std::uint64_t{1} << 63);
}

}  // namespace
}  // namespace backshelf
