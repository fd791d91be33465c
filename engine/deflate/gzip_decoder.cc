#include "engine/deflate/gzip_decoder.h"

#include <algorithm>
#include <array>

#include "engine/base/error.h"

namespace backshelf {
namespace {

// RFC 1952, 2.3: magic, method 8, flags, mtime, extra flags, system.
constexpr std::size_t kHeaderBytes = 10;
constexpr unsigned kFlagHeaderCrc = 2, kFlagExtra = 4, kFlagName = 8, kFlagComment = 16;
constexpr unsigned kFlagsReserved = 0xe0;
constexpr std::size_t kTrailerBytes = 8;                // CRC32 and size, little endian
constexpr std::size_t kMaxHeaderTextBytes = 64 * kKiB;  // a name or a comment; longer is hostile
constexpr std::uint64_t kMaxEmptyMembers = 100'000;     // in a row; more only costs time

// Looked through for a place to restart before zlib, which misses none, goes on in its stead.
constexpr std::uint64_t kMaxSearchedBytes = 16 * kMiB;
constexpr std::uint64_t kSkipAtOnce = 64 * kKiB;

// Every write of v1 SecureTar was padded to this.
constexpr std::size_t kPadBytes = 16;

using End = GunzipResult::End;

constexpr std::array<std::byte, 3> kMagic = {std::byte{0x1f}, std::byte{0x8b}, std::byte{8}};

// As far as the bytes go.
bool is_header(ByteView bytes) {
  const std::size_t count = std::min(bytes.size(), kMagic.size());
  return std::equal(kMagic.begin(), kMagic.begin() + count, bytes.begin());
}

}  // namespace

GzipDecoder::GzipDecoder(const RandomSource& packed, GzipTrailer trailer)
    : input_(packed, 0), trailer_(trailer), checking_(true), fast_(FastInflater::make()) {}

GzipDecoder::GzipDecoder(const RandomSource& packed, GzipTrailer trailer, const Checkpoint& from)
    : input_(packed, from.packed), trailer_(trailer), checking_(false) {
  result_.plain_bytes = from.plain;
  members_ = 1;  // only the very first member has to be there
  if (from.window) resume_at(from);
}

void GzipDecoder::resume_at(const Checkpoint& place) {
  unsigned value = 0;
  input_.seek(place.packed - (place.bits > 0 ? 1 : 0));
  if (place.bits > 0) {
    std::byte before{};
    (void)input_.take({&before, 1});
    value = std::to_integer<unsigned>(before) >> (8 - place.bits);
  }
  inflater_.resume(place.bits, value, place.window->restore());
  phase_ = Phase::kBody;
}

std::size_t GzipDecoder::decode(ByteSpan out, bool pause) {
  can_restart_ = false;
  while (phase_ != Phase::kEnd) {
    if (phase_ == Phase::kHeader) read_header();
    if (phase_ == Phase::kBody) {
      const std::size_t produced = read_body(out, pause);
      if (produced > 0 || can_restart_) return produced;
    }
    if (phase_ == Phase::kTrailer) {
      read_trailer();
      can_restart_ = pause && phase_ == Phase::kHeader;
      if (can_restart_) return 0;
    }
  }
  return 0;
}

void GzipDecoder::read_header() {
  const bool first = members_ == 0;
  std::array<std::byte, kHeaderBytes> header{};
  const ByteView got = ByteView(header).first(input_.take(header));
  const unsigned flags = std::to_integer<unsigned>(header[3]);
  if (first && got.empty()) return end(End::kTruncated, "the compressed data is empty");
  const bool tail = !first && got.size() < kMagic.size();
  if (tail || !is_header(got) || (got.size() == kHeaderBytes && (flags & kFlagsReserved) != 0)) {
    if (first) return end(End::kDamaged, "it does not begin as gzip");
    phase_ = Phase::kEnd;  // bytes behind the last member are nobody's
    return;
  }
  if (got.size() < kHeaderBytes) return end(End::kTruncated, "it ends inside a gzip header");
  if (!skip_header_fields(flags)) return;
  inflater_.reset();
  is_fast_ = fast_ != nullptr;
  if (is_fast_) fast_->reset();
  output_was_full_ = false;
  ++members_;
  member_bytes_ = 0;
  phase_ = Phase::kBody;
  unused_bits_ = 0;
  note_restart();
}

bool GzipDecoder::skip_header_fields(unsigned flags) {
  ByteVec field;
  bool whole = true;
  if ((flags & kFlagExtra) != 0) {
    std::array<std::byte, 2> size{};
    whole = input_.take(size) == size.size();
    field.resize(std::to_integer<std::size_t>(size[0]) +
                 (std::to_integer<std::size_t>(size[1]) << 8));
    whole = whole && input_.take(field) == field.size();
  }
  if (whole && (flags & kFlagName) != 0 && !skip_header_text()) return false;
  if (whole && (flags & kFlagComment) != 0 && !skip_header_text()) return false;
  if (whole && (flags & kFlagHeaderCrc) != 0) {
    field.resize(2);
    whole = input_.take(field) == field.size();
  }
  if (!whole) end(End::kTruncated, "it ends inside a gzip header");
  return whole;
}

bool GzipDecoder::skip_header_text() {
  for (std::size_t count = 0; count < kMaxHeaderTextBytes; ++count) {
    std::byte character{};
    if (input_.take({&character, 1}) == 0) {
      end(End::kTruncated, "it ends inside a gzip header");
      return false;
    }
    if (character == std::byte{0}) return true;
  }
  end(End::kDamaged, concat("a name in a gzip header is longer than ", kMaxHeaderTextBytes));
  return false;
}

// Nullopt: the source failed while ISA-L decoded; zlib then gets everything out before it fails
// again.
std::optional<ByteView> GzipDecoder::body_input() {
  // What inflate still holds comes out before more input is asked for, which may throw.
  if (output_was_full_) return input_.buffered();
  try {
    return input_.peek();
  } catch (const Error&) {  // isolation: it is met again
    if (!is_fast_) throw;
    return std::nullopt;
  }
}

std::size_t GzipDecoder::read_body(ByteSpan out, bool pause) {
  if (skip_bytes_ > 0) {
    skip_again();
    return 0;
  }
  const auto in = body_input();
  const Inflater::Step step = !in        ? Inflater::Step{.status = Inflater::Status::kDamaged}
                              : is_fast_ ? fast_->run(*in, out, pause)
                                         : inflater_.run(*in, out, pause);
  const bool more = step.status == Inflater::Status::kMore;
  const bool restart = pause && more && step.block_end && !step.last_block;
  const bool stuck = more && !restart && in->empty() && !output_was_full_ && step.produced == 0;
  if (is_fast_ && (stuck || step.status == Inflater::Status::kDamaged)) {
    leave_fast();
    return 0;
  }
  input_.skip(step.consumed);
  input_.give_back(step.given_back);
  output_was_full_ = step.produced == out.size();
  if (checking_) checks_.add(ByteView(out).first(step.produced));
  member_bytes_ += step.produced;
  result_.plain_bytes += step.produced;
  unused_bits_ = step.unused_bits;
  can_restart_ = restart;
  if (restart) note_restart();
  if (!pause) asked_since_ = result_.plain_bytes;
  if (step.status == Inflater::Status::kEnd) {
    phase_ = Phase::kTrailer;
  } else if (step.status == Inflater::Status::kDamaged) {
    end(End::kDamaged, concat("the compressed data is damaged near byte ", input_.offset(), " (",
                              inflater_.message(), ")"));
  } else if (stuck) {
    end(End::kTruncated, concat("the compressed data ends after ", input_.offset(), " bytes"));
  } else if (is_fast_ && result_.plain_bytes - asked_since_ > kMaxSearchedBytes) {
    leave_fast();
  }
  return step.produced;
}

void GzipDecoder::note_restart() {
  if (!is_fast_) return;
  restart_ = place_here();
  asked_since_ = result_.plain_bytes;
}

// zlib decodes again what was decoded since the last place to restart, and goes on.
void GzipDecoder::leave_fast() {
  is_fast_ = false;
  output_was_full_ = false;
  skip_bytes_ = result_.plain_bytes - restart_.plain;
  resume_at(restart_);
}

void GzipDecoder::skip_again() {
  ByteVec again(static_cast<std::size_t>(std::min(skip_bytes_, kSkipAtOnce)));
  const ByteView in = output_was_full_ ? input_.buffered() : input_.peek();
  const Inflater::Step step = inflater_.run(in, again, /*pause=*/false);
  input_.skip(step.consumed);
  const bool stuck = in.empty() && !output_was_full_ && step.produced == 0;
  output_was_full_ = step.produced == again.size();
  skip_bytes_ -= step.produced;
  if (skip_bytes_ == 0 && step.status == Inflater::Status::kEnd) {
    phase_ = Phase::kTrailer;
  } else if (stuck || step.status != Inflater::Status::kMore) {
    end(End::kDamaged, "its bytes are not what they were a moment ago");
  }
}

void GzipDecoder::read_trailer() {
  if (trailer_ == GzipTrailer::kPaddedV1) return read_padded_trailer();
  std::array<std::byte, kTrailerBytes> trailer{};
  if (input_.take(trailer) < trailer.size()) {
    return end(End::kTruncated, "it ends inside its checksum");
  }
  end_member(load_le32(trailer) == checks_.end_member() &&
             load_le32(ByteView(trailer).subspan(4)) == static_cast<std::uint32_t>(member_bytes_));
}

void GzipDecoder::read_padded_trailer() {
  const std::size_t over = static_cast<std::size_t>(input_.offset() % kPadBytes);
  const std::size_t padding = over == 0 ? 0 : kPadBytes - over;
  std::array<std::byte, 3 * kPadBytes> bytes{};
  const std::size_t got = input_.take(ByteSpan(bytes).first(padding + 2 * kPadBytes));
  const ByteView view(bytes);
  const auto size = static_cast<std::uint32_t>(member_bytes_);
  const std::uint32_t crc = checks_.end_member();
  const bool padded = got >= padding + kPadBytes + 4 && load_le32(view.subspan(padding)) == crc &&
                      load_le32(view.subspan(padding + kPadBytes)) == size;
  const bool plain =
      got >= kTrailerBytes && load_le32(view) == crc && load_le32(view.subspan(4)) == size;
  if (checking_ && !padded && !plain && got < padding + kPadBytes + 4) {
    return end(End::kTruncated, "it ends inside its checksum");
  }
  end_member(padded || plain);
  if (phase_ != Phase::kEnd) phase_ = Phase::kEnd;  // v1 wrote a single member
}

void GzipDecoder::end_member(bool right) {
  if (checking_ && !right) {
    return end(End::kDamaged, "the checksum of the decoded data does not match");
  }
  result_.checked_bytes = result_.plain_bytes;
  result_.packed_bytes = input_.offset();
  empty_members_ = member_bytes_ == 0 ? empty_members_ + 1 : 0;
  if (empty_members_ > kMaxEmptyMembers) {
    return end(End::kDamaged, concat("more than ", kMaxEmptyMembers, " empty gzip members"));
  }
  phase_ = Phase::kHeader;
}

Checkpoint GzipDecoder::place_here() const {
  Checkpoint here;
  here.plain = result_.plain_bytes;
  here.packed = input_.offset();
  if (phase_ == Phase::kBody) {
    here.packed -= unused_bits_ / 8;
    here.bits = unused_bits_ % 8;
    here.window =
        std::make_shared<const SavedWindow>(is_fast_ ? fast_->window() : inflater_.window());
  }
  return here;
}

Checkpoint GzipDecoder::checkpoint() const {
  return is_fast_ && phase_ == Phase::kBody ? restart_ : place_here();
}

void GzipDecoder::end(GunzipResult::End end, std::string problem) {
  result_.end = end;
  result_.problem = std::move(problem);
  result_.packed_bytes = input_.offset();
  phase_ = Phase::kEnd;
}

GunzipResult GzipDecoder::result() const {
  return result_;
}

}  // namespace backshelf
