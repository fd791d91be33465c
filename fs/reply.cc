#include "fs/reply.h"

#include <cerrno>

#include "engine/base/error.h"

namespace backshelf::reply {
namespace {

// While it lives, an interrupt from the kernel stops the token. Must end before the reply, which
// frees the request.
class Interrupt {
 public:
  explicit Interrupt(fuse_req_t request) : request_(request) {
    fuse_req_interrupt_func(request_, on_interrupt, this);
  }
  ~Interrupt() { fuse_req_interrupt_func(request_, nullptr, nullptr); }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

 private:
  static void on_interrupt(fuse_req_t, void* self) noexcept {
    (void)static_cast<Interrupt*>(self)->source_.request_stop();
  }
  fuse_req_t request_;
  std::stop_source source_;
};

// What users bring about, as opposed to what they should hear of afterwards.
bool is_everyday(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInternal:
    case ErrorKind::kUnsupported:
    case ErrorKind::kTruncated:
    case ErrorKind::kDamaged:
    case ErrorKind::kNoSpace:
    case ErrorKind::kIo:
    case ErrorKind::kTimeout:
      return false;
    default:
      return true;
  }
}

void note(Log& log, const char* call, const char* text) noexcept {
  try {
    log.warning(concat(call, ": ", text));
  } catch (const std::exception&) {  // guard: no memory for a line is no reason to answer nothing
  }
}

Reply guarded(const char* call, Log& log, const std::stop_token& stop,
              const std::function<Reply(const std::stop_token&)>& work) noexcept {
  try {
    return work(stop);
  } catch (const Error& error) {  // guard: the reply guard
    if (!is_everyday(error.kind())) note(log, call, error.what());
    return Errno{errno_of(error.kind())};
  } catch (const std::bad_alloc&) {  // guard: the reply guard
    return Errno{ENOMEM};
  } catch (const std::exception& error) {  // guard: the reply guard
    note(log, call, error.what());
    return Errno{EIO};
  }
}

fuse_entry_param entry_of(const Node& node) {
  fuse_entry_param entry{};
  entry.ino = node.id;
  entry.attr = node.status;
  entry.attr_timeout = entry.entry_timeout = node.timeout;
  return entry;
}

struct Sender {
  fuse_req_t request;
  Server& server;

  void operator()(Done&) const { (void)fuse_reply_err(request, 0); }
  void operator()(Errno& error) const { (void)fuse_reply_err(request, error.number); }
  void operator()(Entry& answer) const {
    if (answer.found.node) {
      const fuse_entry_param entry = entry_of(*answer.found.node);
      (void)fuse_reply_entry(request, &entry);
    } else if (answer.found.absent_timeout > 0) {
      fuse_entry_param absent{};
      absent.entry_timeout = answer.found.absent_timeout;
      (void)fuse_reply_entry(request, &absent);
    } else {
      (void)fuse_reply_err(request, ENOENT);
    }
  }
  void operator()(Attributes& answer) const {
    (void)fuse_reply_attr(request, &answer.node.status, answer.node.timeout);
  }
  // The kernel sends no release for an open whose caller is gone: then the handle ends here.
  void operator()(Opened& answer) const {
    if (fuse_reply_open(request, &answer.info) != 0) server.files.remove(answer.info.fh);
  }
  void operator()(Created& answer) const {
    const fuse_entry_param entry = entry_of(answer.node);
    if (fuse_reply_create(request, &entry, &answer.info) != 0) server.files.remove(answer.info.fh);
  }
  void operator()(OpenedDirectory& answer) const {
    if (fuse_reply_open(request, &answer.info) != 0) server.directories.remove(answer.info.fh);
  }
  void operator()(Data& data) const {
    (void)fuse_reply_buf(request, reinterpret_cast<const char*>(data.bytes.get()), data.size);
  }
  void operator()(Written& written) const { (void)fuse_reply_write(request, written.size); }
  void operator()(Link& link) const { (void)fuse_reply_readlink(request, link.target.c_str()); }
  void operator()(Space& space) const { (void)fuse_reply_statfs(request, &space.values); }
};

}  // namespace

void serve(fuse_req_t request, const char* call,
           const std::function<Reply(const std::stop_token&)>& work) noexcept {
  Server& server = server_of(request);
  Reply reply = [&] {
    const Interrupt interrupt(request);
    return guarded(call, server.parts.log, interrupt.token(), work);
  }();
  std::visit(Sender{request, server}, reply);
}

Opened opened(Server& server, std::unique_ptr<OpenFile> file, fuse_file_info info) {
  info.direct_io = file->caching() == OpenFile::Caching::kDirect;
  info.keep_cache = file->caching() == OpenFile::Caching::kKeep;
  info.noflush = !file->is_writable();
  info.fh = server.files.add(std::move(file));
  return {info};
}

Created created(Server& server, std::unique_ptr<OpenFile> file, fuse_file_info info) {
  const Node node = file->node();
  return {opened(server, std::move(file), info).info, node};
}

OpenedDirectory opened(Server& server, std::unique_ptr<Directory> directory, fuse_file_info info) {
  // A listing without attributes is not for others to find in the cache.
  info.cache_readdir = info.keep_cache = directory->is_cacheable() && !directory->names_only;
  info.fh = server.directories.add(std::move(directory));
  return {info};
}

}  // namespace backshelf::reply
