// Another program that has a database open: sqlite3, told what to do line by line. Its locks are
// those of another process.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <string>

namespace backshelf {

class SqliteProgram {
 public:
  explicit SqliteProgram(const std::string& path) {
    std::array<int, 2> in{}, out{};
    if (::pipe(in.data()) != 0 || ::pipe(out.data()) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      (void)::dup2(in[0], 0);
      (void)::dup2(out[1], 1);
      (void)::dup2(out[1], 2);
      for (const int fd : {in[0], in[1], out[0], out[1]}) (void)::close(fd);
      (void)::execlp("sqlite3", "sqlite3", "-batch", "-cmd", "PRAGMA synchronous=OFF", path.c_str(),
                     nullptr);
      ::_exit(127);
    }
    (void)::close(in[0]);
    (void)::close(out[1]);
    to_ = in[1];
    from_ = out[0];
  }
  ~SqliteProgram() {
    (void)::close(to_);  // it closes the database and ends
    (void)::close(from_);
    (void)::waitpid(pid_, nullptr, 0);
  }
  SqliteProgram(const SqliteProgram&) = delete;
  SqliteProgram& operator=(const SqliteProgram&) = delete;

  // What it prints, errors as well.
  std::string run(const std::string& sql) const {
    const std::string end = "--done--\n", text = sql + "\n.print " + end;
    if (::write(to_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) return "gone";
    std::string said;
    std::array<char, 4096> buffer{};
    while (!said.ends_with(end)) {
      const ssize_t got = ::read(from_, buffer.data(), buffer.size());
      if (got <= 0) return said + "gone";
      said.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return said.substr(0, said.size() - end.size());
  }
  // Without closing the database.
  void kill() const {
    (void)::kill(pid_, SIGKILL);
    (void)::waitid(P_PID, static_cast<id_t>(pid_), nullptr, WEXITED | WNOWAIT);
  }

 private:
  pid_t pid_ = -1;
  int to_ = -1, from_ = -1;
};

}  // namespace backshelf
