#include "tools/new_archive.h"

#include "engine/base/error.h"
#include "engine/disk/file.h"
#include "engine/location/object_names.h"

namespace backshelf {

NewArchive begin_archive(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  NewArchive file;
  file.name = path.substr(slash == std::string::npos ? 0 : slash + 1);
  if (!is_archive_name(file.name)) {
    throw Error(ErrorKind::kUsage, path, "it cannot be the name of an archive",
                "give a name that ends in .tar and does not begin with a dot");
  }
  DirectoryLocationOptions options;
  options.path = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  options.installation = "export";
  if (!find_status(options.path)) {
    throw Error(ErrorKind::kNotFound, path, "its folder does not exist",
                "make the folder, or give another path");
  }
  file.place = make_directory_location(std::move(options));
  if (file.place->find(file.name)) {
    throw Error(ErrorKind::kExists, path, "it is already there", "choose another name");
  }
  (void)file.place->remove_leftovers();  // of a command that was killed: they may be in clear
  file.object = file.place->create("file");
  return file;
}

}  // namespace backshelf
