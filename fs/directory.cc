#include "fs/directory.h"

#include "engine/base/error.h"

namespace backshelf {
namespace {

// "." and ".." come first.
constexpr std::uint64_t kDots = 2;

std::optional<Listed> dot(std::uint64_t position, std::uint64_t inode) {
  Listed listed;
  listed.name = position == 0 ? "." : "..";
  listed.inode = inode;
  listed.type_mode = S_IFDIR;
  listed.next = position + 1;
  return listed;
}

Listed listed_node(std::string name, Node node, std::uint64_t next) {
  Listed listed;
  listed.name = std::move(name);
  listed.inode = node.status.st_ino;
  listed.type_mode = node.status.st_mode & S_IFMT;
  listed.node = node;
  listed.next = next;
  return listed;
}

// A folder inside a part: its children never change, only some may be hidden for a while.
class PartDirectory final : public Directory {
 public:
  PartDirectory(const ShelfTree& tree, const NodeId& id, std::stop_token stop)
      : tree_(tree),
        id_(id),
        archive_(tree.archive(id.slot)),
        count_(archive_->child_count(id.entry, std::move(stop))),
        inode_(inode_number(id, archive_->attr(id.entry).content_key)) {}

  std::optional<Listed> at(std::uint64_t position) override {
    if (position < kDots) return dot(position, inode_);
    for (std::uint64_t i = position - kDots; i < count_; ++i) {
      const FolderChild child = archive_->child(id_.entry, static_cast<std::uint32_t>(i));
      if (!tree_.is_visible(id_.slot, child.attr)) continue;
      return listed_node(tree_.shown_name(child.name), tree_.content_node(id_.slot, child.attr),
                         i + kDots + 1);
    }
    return std::nullopt;
  }
  bool is_cacheable() const override { return !tree_.parts().deletes.is_open(id_.slot); }
  std::uint32_t fixed_count() const override { return static_cast<std::uint32_t>(count_); }

 private:
  const ShelfTree& tree_;
  const NodeId id_;
  const std::shared_ptr<Archive> archive_;
  const std::uint64_t count_;
  const std::uint64_t inode_;
};

using Names = std::vector<std::pair<std::string, Node>>;

void add_uploads(const ShelfTree& tree, const std::string& place, Names& names) {
  for (const UploadInfo& upload : tree.parts().uploads.list(place)) {
    names.emplace_back(upload.name, tree.upload_node(upload));
  }
}

Names list_top(const ShelfTree& tree) {
  Names names;
  for (const char* name : {"control", "status", "status.json", "log"}) {
    names.emplace_back(name, tree.fixed_file(ShelfTree::fixed_number(name)));
  }
  names.emplace_back("locations", tree.fixed_folder(kLocationsNumber));
  add_uploads(tree, "", names);
  const std::shared_ptr<const Shelf> shelf = tree.parts().catalog.shelf();
  for (const BackupPtr& backup : shelf->backups) {
    if (!backup->growing) names.emplace_back(backup->folder, tree.backup_node(*backup));
  }
  const auto made = tree.new_backup().shown();
  if (made && !shelf->find(made->name)) names.emplace_back(made->name, tree.new_node(*made));
  return names;
}

Names list_place(const ShelfTree& tree, const std::string& place) {
  Names names;
  if (const auto away = tree.away_file(place)) names.emplace_back(kAwayName, *away);
  add_uploads(tree, place, names);
  const std::shared_ptr<const Shelf> shelf = tree.parts().catalog.shelf();
  for (const BackupPtr& backup : shelf->backups) {
    if (backup->location != place) continue;
    names.emplace_back(backup->object.name, tree.object_node(*backup));
  }
  return names;
}

Names list_backup(const ShelfTree& tree, const NodeId& id, std::stop_token stop) {
  Names names;
  const std::shared_ptr<Archive> archive = tree.archive(id.slot);
  const std::uint32_t count = archive->child_count(id.entry, std::move(stop));
  for (std::uint32_t i = 0; i < count; ++i) {
    const FolderChild child = archive->child(id.entry, i);
    if (!tree.is_visible(id.slot, child.attr)) continue;
    names.emplace_back(tree.shown_name(child.name), tree.content_node(id.slot, child.attr));
  }
  return names;
}

Names list_new(const ShelfTree& tree, const NodeId& id) {
  const auto made = tree.new_backup().shown();
  if (!made || made->id != new_backup_id(id) || !made->has_status) return {};
  return {{"status", tree.new_status_node(*made)}};
}

Names list_names(const ShelfTree& tree, const NodeId& id, std::stop_token stop) {
  if (id.view == View::kBackup) return list_backup(tree, id, std::move(stop));
  if (id.view == View::kNew) return list_new(tree, id);
  if (id.view == View::kFixed && id.number == kLocationsNumber) {
    Names names;
    const auto& locations = tree.parts().catalog.locations();
    for (std::size_t i = 0; i < locations.size(); ++i) {
      names.emplace_back(locations[i]->name(), tree.fixed_folder(kFirstLocation + i));
    }
    return names;
  }
  const auto place = tree.place_of(id);
  if (!place) throw Error(ErrorKind::kInvalid, "opendir", "it is no folder");
  return place->empty() ? list_top(tree) : list_place(tree, *place);
}

// What can change: the list is made when reading begins, so that positions hold while it goes on.
class ChangingDirectory final : public Directory {
 public:
  ChangingDirectory(const ShelfTree& tree, const NodeId& id, std::stop_token stop)
      : tree_(tree), id_(id), inode_(inode_number(id, 0)) {
    names_.with([&](Names& names) { names = list_names(tree_, id_, std::move(stop)); });
  }

  std::optional<Listed> at(std::uint64_t position) override {
    if (position == 0) {
      Names fresh = list_names(tree_, id_, {});
      names_.with([&](Names& names) { names.swap(fresh); });
    }
    if (position < kDots) return dot(position, inode_);
    return names_.with([&](const Names& names) -> std::optional<Listed> {
      const std::uint64_t index = position - kDots;
      if (index >= names.size()) return std::nullopt;
      return listed_node(names[index].first, names[index].second, position + 1);
    });
  }
  bool is_cacheable() const override { return false; }

 private:
  const ShelfTree& tree_;
  const NodeId id_;
  const std::uint64_t inode_;
  Guarded<Names> names_;
};

}  // namespace

std::unique_ptr<Directory> open_directory(const ShelfTree& tree, const NodeId& id,
                                          std::stop_token stop) {
  if (id.view == View::kBackup && id.entry.slot != 0) {
    return std::make_unique<PartDirectory>(tree, id, std::move(stop));
  }
  return std::make_unique<ChangingDirectory>(tree, id, std::move(stop));
}

}  // namespace backshelf
