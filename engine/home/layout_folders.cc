// Any folders, each by its own path. Those named as Home Assistant's are stored as it does.
#include <algorithm>

#include "engine/base/error.h"
#include "engine/home/layout_reader.h"
#include "engine/home/reach.h"

namespace backshelf {
namespace {

void add(LayoutReader& reader, const std::string& name, const std::string& path) {
  if (name == kConfigPart.part) return reader.add_config(path, /*supervisors=*/{});
  const auto* const known =
      std::find_if(kFolderParts.begin(), kFolderParts.end(),
                   [&](const PartFacts& facts) { return name == facts.part; });
  reader.add_folder(
      known != kFolderParts.end() ? *known : PartFacts{name.c_str(), name.c_str(), false}, path);
}

}  // namespace

void read_folders(LayoutReader& reader) {
  const auto& folders = reader.config().folders;
  if (folders.empty()) {
    throw Error(ErrorKind::kUsage, "reading the home", "no folder is configured",
                "name them in [folders]: documents = /srv/documents");
  }
  for (const auto& [name, path] : folders) {
    try {
      if (reaches_readable_directory(path)) {
        add(reader, name, path);
      } else {
        reader.problem(name, concat(path, " is no directory"));
      }
    } catch (const Error& error) {  // isolation: one folder that cannot be read
      reader.problem(name, concat(path, ": ", error.why()));
    }
  }
}

}  // namespace backshelf
