#include "fs/node_id.h"

#include "engine/base/bytes.h"
#include "engine/base/error.h"

namespace backshelf {
namespace {

constexpr int kViewShift = 61, kSlotShift = 41, kEpochShift = 35, kMemberShift = 23;
// Inode numbers of what is no content lie above those of content.
constexpr std::uint64_t kObjectInodes = std::uint64_t{1} << 61;
constexpr std::uint64_t kUploadInodes = std::uint64_t{1} << 62;
constexpr std::uint64_t kNewInodes = kUploadInodes | kObjectInodes;

std::uint64_t checked(std::uint64_t value, std::uint64_t most, const char* what) {
  if (value > most) {
    throw Error(ErrorKind::kUnsupported, concat(what, " ", value),
                concat("this version can show no more than ", most));
  }
  return value;
}

std::uint64_t content_bits(const FolderId& entry) {
  return checked(entry.slot, kMaxMemberSlot, "member") << kMemberShift |
         checked(entry.node, kMaxTreeNode, "entry");
}

}  // namespace

std::uint64_t pack(const NodeId& id) {
  const std::uint64_t view = std::uint64_t{static_cast<std::uint8_t>(id.view)} << kViewShift;
  switch (id.view) {
    case View::kFixed:
    case View::kUpload:
    case View::kNew:
      return view | checked(id.number, kMaxNumber, "file");
    case View::kObject:
      return view | checked(id.slot, kMaxSlot, "backup") << kSlotShift;
    case View::kBackup:
      break;
  }
  return view | checked(id.slot, kMaxSlot, "backup") << kSlotShift |
         std::uint64_t{id.epoch % kEpochs} << kEpochShift | content_bits(id.entry);
}

NodeId unpack(std::uint64_t packed) {
  NodeId id;
  id.view = static_cast<View>(packed >> kViewShift);
  if (id.view == View::kFixed || id.view == View::kUpload || id.view == View::kNew) {
    id.number = packed & kMaxNumber;
    return id;
  }
  id.slot = static_cast<std::uint32_t>(packed >> kSlotShift) & kMaxSlot;
  if (id.view == View::kObject) return id;
  id.epoch = static_cast<std::uint32_t>(packed >> kEpochShift) % kEpochs;
  id.entry.slot = static_cast<std::uint32_t>(packed >> kMemberShift) & kMaxMemberSlot;
  id.entry.node = static_cast<std::uint32_t>(packed) & kMaxTreeNode;
  return id;
}

std::uint64_t inode_number(const NodeId& id, std::uint64_t content_key) {
  switch (id.view) {
    case View::kFixed:
      return checked(id.number, kMaxNumber, "file");
    case View::kUpload:
      return kUploadInodes | checked(id.number, kMaxNumber, "file");
    case View::kNew:
      return kNewInodes | checked(id.number, kMaxNumber, "file");
    case View::kObject:
      return kObjectInodes | id.slot;
    case View::kBackup:
      break;
  }
  const FolderId content{static_cast<std::uint32_t>(content_key >> 32),
                         static_cast<NodeIndex>(content_key)};
  return (checked(id.slot, kMaxSlot, "backup") + 1) << kEpochShift | content_bits(content);
}

}  // namespace backshelf
