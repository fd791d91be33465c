#include "engine/tar/tar_writer.h"

#include <algorithm>
#include <array>
#include <optional>

#include "engine/base/error.h"
#include "engine/tar/pax_headers.h"
#include "engine/tar/raw_header.h"

namespace backshelf {
namespace {

constexpr std::uint64_t kBodyPiece = 256 * kKiB;  // large enough that calls do not count

}  // namespace

struct TarWriter::State {
  explicit State(MarkedSink& sink) : out(sink), buffer(kBodyPiece) {}

  void check_open() const {
    if (!finished && !broken) return;
    throw Error(ErrorKind::kInternal, "writing a tar", "it is finished, or a write to it failed");
  }
  [[nodiscard]] ByteView headers_of(const Entry& entry);
  void put(ByteView bytes) {
    out.write(bytes);
    written += bytes.size();
  }
  void put_zeros(std::uint64_t count);
  [[nodiscard]] std::optional<std::size_t> read_body(Source& body, std::size_t wanted);
  [[nodiscard]] Body copy_body(Source* body, std::uint64_t size);
  [[nodiscard]] Body put_body(const Entry& entry, Source* body, const Known& known);
  [[nodiscard]] Stored add(const Entry& entry, Source* body, const Known& known);

  MarkedSink& out;
  std::uint64_t written = 0;
  ByteVec buffer;
  PaxHeaders headers;
  ByteVec ordinary;  // headers made without them
  bool finished = false, broken = false;
};

ByteView TarWriter::State::headers_of(const Entry& entry) {
  ordinary.clear();
  if (append_ordinary_headers(entry, ordinary)) return ordinary;
  return headers.make(entry);
}

void TarWriter::State::put_zeros(std::uint64_t count) {
  static constexpr std::array<std::byte, 64 * kKiB> kZeros{};
  for (; count > 0;) {
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(count, kZeros.size()));
    put(ByteView(kZeros).first(piece));
    count -= piece;
  }
}

// nullopt: the source failed. The sink is not touched here, so that its errors are not caught.
std::optional<std::size_t> TarWriter::State::read_body(Source& body, std::size_t wanted) {
  try {
    return body.read(ByteSpan(buffer).first(wanted));
  } catch (const Error& error) {  // isolation: one file that cannot be read does not end a backup
    if (error.kind() == ErrorKind::kInterrupted) throw;
    return std::nullopt;
  }
}

TarWriter::Body TarWriter::State::copy_body(Source* body, std::uint64_t size) {
  std::uint64_t left = size;
  while (body != nullptr) {
    // At the end one byte more is asked for, to see whether the file grew.
    const std::uint64_t wanted = std::clamp<std::uint64_t>(left, 1, buffer.size());
    const auto got = read_body(*body, static_cast<std::size_t>(wanted));
    if (!got) {
      put_zeros(left);
      return Body::kPadded;
    }
    if (left == 0) return *got > 0 ? Body::kCut : Body::kWhole;
    if (*got == 0) break;
    put(ByteView(buffer).first(*got));
    left -= *got;
  }
  put_zeros(left);
  return left > 0 ? Body::kPadded : Body::kWhole;
}

TarWriter::Body TarWriter::State::put_body(const Entry& entry, Source* body, const Known& known) {
  const std::uint64_t done = known ? known() : 0;
  written += done;
  if (known && done == entry.size) return Body::kWhole;
  for (std::uint64_t left = done; left > 0 && body != nullptr;) {
    const auto got = read_body(*body, static_cast<std::size_t>(std::min(left, kBodyPiece)));
    if (!got || *got == 0) body = nullptr;
    left -= got.value_or(0);
  }
  return copy_body(body, entry.size - done);
}

TarWriter::Stored TarWriter::State::add(const Entry& described, Source* body, const Known& known) {
  const ByteView header = headers_of(described);  // what it refuses leaves no trace
  broken = true;                                  // until this entry is whole
  Stored stored;
  stored.location.header_offset = written;
  out.mark_entry(described.path);
  put(header);
  stored.location.data_offset = written;
  if (described.type == EntryType::kFile) {
    stored.location.stored_size = described.size;
    if (described.size > 0) out.mark_body(described.size);
    stored.body = put_body(described, body, known);
    if (described.size > 0) out.mark_body_end();
    put_zeros((kTarBlock - described.size % kTarBlock) % kTarBlock);
  }
  broken = false;
  return stored;
}

Entry as_stored(Entry entry) {
  if (entry.mtime.seconds == -1) entry.mtime.nanoseconds = 0;
  return entry;
}

TarWriter::TarWriter(MarkedSink& out) : state_(std::make_unique<State>(out)) {}

TarWriter::~TarWriter() = default;

TarWriter::Stored TarWriter::add(const Entry& entry, Source* body, const Known& known) {
  state_->check_open();
  return state_->add(entry, body, known);
}

std::uint64_t TarWriter::finish() {
  state_->check_open();
  state_->finished = true;
  state_->put_zeros(2 * kTarBlock);
  state_->put_zeros((kTarRecord - state_->written % kTarRecord) % kTarRecord);
  return state_->written;
}

}  // namespace backshelf
