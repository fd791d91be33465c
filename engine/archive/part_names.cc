#include "engine/archive/part_names.h"

#include <algorithm>

#include "engine/base/rel_path.h"

namespace backshelf {
namespace {

// Inner name → folder of the backup (Supervisor replaces the '/' of "addons/local").
struct KnownFolder {
  std::string_view stem, shown, in_metadata;
};
constexpr KnownFolder kKnownFolders[] = {
    {"share", "share", "share"},
    {"ssl", "ssl", "ssl"},
    {"media", "media", "media"},
    {"addons_local", "addons", "addons/local"},
};
constexpr std::size_t kMaxShownName = 200;  // bytes; leaves room for " (2)"

const KnownFolder* known_folder(std::string_view stem) {
  for (const KnownFolder& folder : kKnownFolders) {
    if (folder.stem == stem) return &folder;
  }
  return nullptr;
}

std::string as_component(std::string name) {
  for (char& c : name) {
    if (c == '/' || c == '\0' || c == '\\') c = '_';
  }
  if (name.size() > kMaxShownName) name.resize(kMaxShownName);
  if (name.empty() || name == "." || name == "..") name = "_" + name;
  return name;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

class Placer {
 public:
  Placer(const Metadata* metadata, const std::vector<std::string>& taken, bool alone)
      : metadata_(metadata), alone_(alone) {
    for (const std::string& name : taken) taken_.insert(lower(name));
    if (metadata == nullptr) return;
    if (metadata->has_homeassistant) promised_.push_back("homeassistant");
    for (const std::string& folder : metadata->folders) promised_.push_back(folder);
    for (const AddonInfo& addon : metadata->addons) apps_.push_back(addon.slug);
  }

  // Whether the metadata promises it, and no member was placed as it yet.
  [[nodiscard]] bool is_awaited(const std::string& stem) const {
    const KnownFolder* known = known_folder(stem);
    const std::string_view name = known == nullptr ? std::string_view(stem) : known->in_metadata;
    const auto has = [name](const std::vector<std::string>& list) {
      return std::find(list.begin(), list.end(), name) != list.end();
    };
    return has(promised_) || has(apps_);
  }

  PlacedPart place(const std::string& stem) {
    PlacedPart part = choose(stem);
    const std::string plain = part.folder;
    for (int number = 2; !taken_.insert(lower(part.folder)).second; ++number) {
      part.folder = concat(plain, " (", number, ")");
    }
    return part;
  }

  [[nodiscard]] std::vector<std::string> missing() const {
    std::vector<std::string> all = promised_;
    all.insert(all.end(), apps_.begin(), apps_.end());
    return all;
  }

 private:
  static bool take(std::vector<std::string>& from, std::string_view name) {
    const auto found = std::find(from.begin(), from.end(), name);
    if (found == from.end()) return false;
    from.erase(found);
    return true;
  }

  PlacedPart choose(const std::string& stem) {
    const KnownFolder* known = known_folder(stem);
    if (known != nullptr && take(promised_, known->in_metadata)) return top(known->shown, true);
    if (stem == "homeassistant" && take(promised_, stem)) return config(true);
    if (take(apps_, stem)) return app(stem, true);
    const bool guessed = metadata_ == nullptr;
    if (known != nullptr) return top(known->shown, guessed);
    if (stem == "homeassistant") return config(guessed);
    if (guessed && !alone_ && stem != "supervisor") return app(stem, true);
    return top(as_component(stem), guessed);
  }

  static PlacedPart top(std::string_view folder, bool in_metadata) {
    return {std::string(folder), false, false, in_metadata};
  }
  static PlacedPart config(bool in_metadata) { return {"config", false, true, in_metadata}; }
  static PlacedPart app(const std::string& stem, bool in_metadata) {
    return {"apps/" + as_component(stem), true, false, in_metadata};
  }

  const Metadata* metadata_;
  const bool alone_;
  std::set<std::string> taken_;
  std::vector<std::string> promised_, apps_;  // of the metadata, and not met yet
};

}  // namespace

Placement place_parts(const std::vector<InnerName>& names, const Metadata* metadata,
                      const std::vector<std::string>& taken, bool alone) {
  Placer placer(metadata, taken, alone);
  Placement placement;
  placement.parts.resize(names.size());
  std::vector<bool> placed(names.size(), false);
  // What the metadata lists first, so that no stranger takes its name; of members of one name the
  // last, as everywhere in a tar.
  for (std::size_t i = names.size(); i-- > 0;) {
    placed[i] = placer.is_awaited(names[i].stem);
    if (placed[i]) placement.parts[i] = placer.place(names[i].stem);
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!placed[i]) placement.parts[i] = placer.place(names[i].stem);
  }
  placement.missing = placer.missing();
  return placement;
}

}  // namespace backshelf
