#include "engine/archive/diff_archives.h"

#include <algorithm>
#include <map>

#include "engine/archive/member_open.h"
#include "engine/archive/outer_header.h"
#include "engine/base/error.h"

namespace backshelf {
namespace {

constexpr std::size_t kCompareBytes = kMiB;

using Kind = Difference::Kind;
using Children = std::map<std::string, FolderAttr, std::less<>>;

class DiffWalk {
 public:
  DiffWalk(const DiffSide& before, const DiffSide& after, const OnDifference& on_difference,
           const OnPass& on_pass, std::stop_token stop)
      : before_(before),
        after_(after),
        on_difference_(on_difference),
        on_pass_(on_pass),
        stop_(std::move(stop)),
        buffers_{ByteVec(kCompareBytes), ByteVec(kCompareBytes)} {}

  DiffReport run() {
    both({}, before_.at, after_.at);
    return report_;
  }

 private:
  static bool is_folder(const FolderAttr& attr) { return attr.type == EntryType::kDirectory; }

  void tell(Kind kind, const std::string& path, bool folder, std::string reason = {}) {
    if (!folder || kind == Kind::kUnread) count(kind);
    on_difference_({kind, folder ? concat(path, "/") : path, std::move(reason)});
  }

  void count(Kind kind) {
    switch (kind) {
      case Kind::kAdded:
        ++report_.added;
        return;
      case Kind::kRemoved:
        ++report_.removed;
        return;
      case Kind::kChanged:
        ++report_.changed;
        return;
      case Kind::kUnread:
        ++report_.unread;
    }
  }

  void both(const std::string& path, const FolderAttr& before, const FolderAttr& after) {
    if (stop_.stop_requested()) throw Error(ErrorKind::kInterrupted, "diff", "it was stopped");
    if (is_folder(before) && is_folder(after)) return folders(path, before, after);
    if (is_folder(before) || is_folder(after)) {
      one(Kind::kRemoved, before_, path, before);
      return one(Kind::kAdded, after_, path, after);
    }
    try {
      if (is_same(path, before, after)) {
        ++report_.same;
      } else {
        tell(Kind::kChanged, path, false);
      }
    } catch (const Error& error) {  // isolation: one file that cannot be read
      if (state_of(error.kind()) == State::kOk) throw;
      tell(Kind::kUnread, path, false, error.why());
    }
  }

  bool is_same(const std::string& path, const FolderAttr& before, const FolderAttr& after) {
    if (before.type != after.type) return false;
    if (before.type == EntryType::kSymlink) {
      return before_.archive.link_target(before.id) == after_.archive.link_target(after.id);
    }
    if (before.type != EntryType::kFile) return true;
    if (before.size != after.size) return false;
    for (std::uint64_t at = 0; at < before.size;) {
      if (on_pass_) on_pass_({path, at, before.size});
      const std::size_t first = before_.archive.read(before.id, at, buffers_[0], stop_);
      const std::size_t second = after_.archive.read(after.id, at, buffers_[1], stop_);
      if (first != second || first == 0) return false;
      if (!std::equal(buffers_[0].begin(), buffers_[0].begin() + static_cast<std::ptrdiff_t>(first),
                      buffers_[1].begin())) {
        return false;
      }
      at += first;
    }
    return true;
  }

  void folders(const std::string& path, const FolderAttr& before, const FolderAttr& after) {
    const auto old_children = children(before_, path, before);
    const auto new_children = children(after_, path, after);
    if (!old_children || !new_children) return;
    auto old_child = old_children->begin();
    auto new_child = new_children->begin();
    while (old_child != old_children->end() || new_child != new_children->end()) {
      const bool only_old =
          new_child == new_children->end() ||
          (old_child != old_children->end() && old_child->first < new_child->first);
      const bool only_new =
          !only_old && (old_child == old_children->end() || new_child->first < old_child->first);
      const std::string& name = only_new ? new_child->first : old_child->first;
      const std::string below = path.empty() ? name : concat(path, "/", name);
      if (before_.closed.contains(below) || after_.closed.contains(below)) {
        tell(Kind::kUnread, below, true, "it cannot be opened in one of them");
      } else if (only_old) {
        one(Kind::kRemoved, before_, below, old_child->second);
      } else if (only_new) {
        one(Kind::kAdded, after_, below, new_child->second);
      } else {
        both(below, old_child->second, new_child->second);
      }
      if (!only_new) ++old_child;
      if (!only_old) ++new_child;
    }
  }

  // What one of them alone has, and all below it.
  void one(Kind kind, const DiffSide& side, const std::string& path, const FolderAttr& attr) {
    tell(kind, path, is_folder(attr));
    if (!is_folder(attr)) return;
    const auto all = children(side, path, attr);
    if (!all) return;
    for (const auto& [name, child] : *all) one(kind, side, concat(path, "/", name), child);
  }

  // nullopt: it cannot be listed, which was told.
  std::optional<Children> children(const DiffSide& side, const std::string& path,
                                   const FolderAttr& folder) {
    try {
      Children all;
      const std::uint32_t count = side.archive.child_count(folder.id, stop_);
      for (std::uint32_t i = 0; i < count; ++i) {
        const FolderChild child = side.archive.child(folder.id, i);
        if (is_passed_over(folder, child)) continue;
        all.emplace(std::string(child.name), child.attr);
      }
      return all;
    } catch (const Error& error) {  // isolation: one part that cannot be read
      if (state_of(error.kind()) == State::kOk) throw;
      tell(Kind::kUnread, path, true, error.why());
      return std::nullopt;
    }
  }

  static bool is_passed_over(const FolderAttr& folder, const FolderChild& child) {
    if (!(folder.id == Archive::kRoot)) return false;
    if (is_folder(child.attr)) return false;
    return child.attr.generated || is_metadata_name(child.name);
  }

  const DiffSide& before_;
  const DiffSide& after_;
  const OnDifference& on_difference_;
  const OnPass& on_pass_;
  const std::stop_token stop_;
  std::array<ByteVec, 2> buffers_;
  DiffReport report_;
};

}  // namespace

DiffReport diff_archives(const DiffSide& before, const DiffSide& after,
                         const OnDifference& on_difference, const OnPass& on_pass,
                         std::stop_token stop) {
  return DiffWalk(before, after, on_difference, on_pass, std::move(stop)).run();
}

}  // namespace backshelf
