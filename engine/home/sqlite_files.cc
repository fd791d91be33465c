#include "engine/home/sqlite_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>

#include "engine/base/error.h"

namespace backshelf {
namespace {

UniqueFd copy_of(const UniqueFd& file) {
  UniqueFd copy(::fcntl(file.get(), F_DUPFD_CLOEXEC, 0));
  if (!copy.is_open()) throw error_from_errno(errno, "opening a database");
  return copy;
}

std::string path_of(const UniqueFd& file) {
  std::array<char, PATH_MAX> path{};
  const std::string link = concat("/proc/self/fd/", file.get());
  const ssize_t length = ::readlink(link.c_str(), path.data(), path.size());
  if (length < 0) throw error_from_errno(errno, "finding a database's folder");
  return {path.data(), static_cast<std::size_t>(length)};
}

bool is_one_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

}  // namespace

DatabaseFiles::DatabaseFiles(const UniqueFd& database) : database_(copy_of(database)) {
  const std::string path = path_of(database_);
  content_ = std::make_unique<FileSource>(copy_of(database_), path);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) {
    throw Error(ErrorKind::kNotFound, "finding a database's folder", "it has none");
  }
  name_ = path.substr(slash + 1);
  const std::string folder = path.substr(0, slash + 1);
  folder_ = UniqueFd(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder_.is_open()) throw error_from_errno(errno, concat("opening ", folder));
  if (!is_beside(database_, "")) {
    throw Error(ErrorKind::kNotFound, concat("opening ", path), "it was replaced meanwhile");
  }
}

std::size_t DatabaseFiles::read_at(std::uint64_t offset, ByteSpan out) const {
  return content_->read_at(offset, out);
}

struct stat DatabaseFiles::status() const {
  return content_->status();
}

DatabaseStart DatabaseFiles::start() const {
  std::array<std::byte, kDatabaseStartBytes> bytes{};
  const std::size_t got = read_at(0, bytes);
  if (const auto start = find_database_start(ByteView(bytes).first(got))) return *start;
  throw Error(ErrorKind::kDamaged, "reading a database", "its first page is damaged");
}

UniqueFd DatabaseFiles::open(std::string_view suffix) const {
  const std::string name = concat(name_, suffix);
  UniqueFd file(
      ::openat(folder_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open() && errno != ENOENT) throw error_from_errno(errno, concat("opening ", name));
  return file;
}

std::optional<struct stat> DatabaseFiles::look_at(std::string_view suffix) const {
  const std::string name = concat(name_, suffix);
  struct stat status {};
  if (::fstatat(folder_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return status;
  if (errno == ENOENT) return std::nullopt;
  throw error_from_errno(errno, concat("looking at ", name));
}

bool DatabaseFiles::is_beside(const UniqueFd& file, std::string_view suffix) const {
  const auto there = look_at(suffix);
  struct stat status {};
  return there && ::fstat(file.get(), &status) == 0 && is_one_file(*there, status);
}

}  // namespace backshelf
