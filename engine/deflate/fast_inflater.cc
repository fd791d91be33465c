#include "engine/deflate/fast_inflater.h"

#ifdef BACKSHELF_HAVE_ISAL
#include <isa-l/igzip_lib.h>
#include <strings.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#endif

namespace backshelf {
#ifdef BACKSHELF_HAVE_ISAL
namespace {

using Step = Inflater::Step;

// Looked through for the end of a block at once; about what decodes in the time that keeping the
// state takes.
constexpr std::size_t kSearchBytes = 8 * kKiB;

// Up to its last buffer, and of that one the part in use.
std::size_t used_bytes(const inflate_state& state) {
  const int valid = std::clamp(state.tmp_out_valid, 0, int{sizeof(state.tmp_out_buffer)});
  return offsetof(inflate_state, tmp_out_buffer) + static_cast<std::size_t>(valid);
}

void copy_state(const inflate_state& from, inflate_state& to) {
  std::memcpy(static_cast<void*>(&to), &from, used_bytes(from));
}

// Whether the input ended inside the header of a block, or before it, and all before it is out.
bool at_header(const inflate_state& state) {
  return (state.block_state == ISAL_BLOCK_NEW_HDR || state.block_state == ISAL_BLOCK_HDR) &&
         state.tmp_out_valid == state.tmp_out_processed;
}

// Bytes to look through next: what is left of a stored block is known.
std::size_t search_bytes(const inflate_state& state) {
  if (state.block_state != ISAL_BLOCK_TYPE0) return kSearchBytes;
  return static_cast<std::size_t>(std::max(state.type0_block_len - state.read_in_length / 8, 1));
}

bool same_block(const inflate_state& a, const inflate_state& b) {
  return a.block_state == b.block_state &&
         std::memcmp(&a.lit_huff_code, &b.lit_huff_code, sizeof(a.lit_huff_code)) == 0 &&
         std::memcmp(&a.dist_huff_code, &b.dist_huff_code, sizeof(a.dist_huff_code)) == 0;
}

unsigned count_for_isal(std::size_t bytes) {
  return static_cast<unsigned>(std::min<std::size_t>(bytes, std::numeric_limits<int>::max()));
}

class IsalInflater final : public FastInflater {
 public:
  IsalInflater() { reset(); }
  ~IsalInflater() override {
    explicit_bzero(state_.get(), sizeof(inflate_state));
    explicit_bzero(before_.get(), sizeof(inflate_state));
    if (!window_.empty()) explicit_bzero(window_.data(), window_.size());
  }

  void reset() override {
    isal_inflate_init(state_.get());
    state_->crc_flag = ISAL_DEFLATE;
    window_.clear();
    told_ = true;  // the start of the stream is no news
  }

  [[nodiscard]] Step run(ByteView in, ByteSpan out, bool pause) override {
    at_ = {};
    const bool right = pause ? search(in, out) : feed(in, out);
    Step step;
    if (!right) {
      step.status = Inflater::Status::kDamaged;
      return step;
    }
    remember(ByteView(out).first(at_.produced));
    if (at_.consumed > 0 || at_.produced > 0) told_ = false;
    step.consumed = at_.consumed;
    step.produced = at_.produced;
    const auto held = static_cast<unsigned>(std::max(state_->read_in_length, 0));
    if (state_->block_state == ISAL_BLOCK_FINISH) {
      step.status = Inflater::Status::kEnd;
      step.given_back = held / 8;
    } else if (pause && at_header(*state_) && !told_) {
      told_ = true;
      step.block_end = true;
      step.unused_bits = held + static_cast<unsigned>(state_->tmp_in_size) * 8;
    }
    return step;
  }

  [[nodiscard]] ByteVec window() const override { return window_; }

 private:
  struct At {
    std::size_t consumed = 0, produced = 0;  // of this run
  };

  // Decodes `in` from where this run stands. False: it is damaged.
  [[nodiscard]] bool feed(ByteView in, ByteSpan out) {
    const unsigned given = count_for_isal(in.size());
    const unsigned room = count_for_isal(out.size() - at_.produced);
    state_->next_in = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(in.data()));
    state_->avail_in = given;
    state_->next_out = reinterpret_cast<std::uint8_t*>(out.data()) + at_.produced;
    state_->avail_out = room;
    const int result = isal_inflate(state_.get());
    at_.consumed += given - state_->avail_in;
    at_.produced += room - state_->avail_out;
    return result >= 0;
  }

  // Until a header begins, or `in` or `out` is used up.
  [[nodiscard]] bool search(ByteView in, ByteSpan out) {
    while (!at_header(*state_) || (told_ && at_.consumed == 0)) {
      const std::size_t count = std::min(search_bytes(*state_), in.size() - at_.consumed);
      const At start = at_;
      copy_state(*state_, *before_);
      if (!feed(in.subspan(at_.consumed, count), out)) return false;
      const bool all = at_.consumed == start.consumed + count && at_.produced < out.size();
      if (!all || count == 0 || state_->block_state == ISAL_BLOCK_FINISH) return true;
      if (at_header(*state_) || same_block(*state_, *before_)) continue;
      if (!narrow(in.subspan(start.consumed, count), start, out)) return false;
      if (!at_header(*state_)) return true;
    }
    return true;
  }

  // A block began within `in`, before which `before_` stands: goes back, and to the place inside
  // its header if bytes end there.
  [[nodiscard]] bool narrow(ByteView in, At start, ByteSpan out) {
    while (in.size() > 1) {
      copy_state(*before_, *state_);
      at_ = start;
      const std::size_t half = in.size() / 2;
      if (!feed(in.first(half), out)) return false;
      if (at_header(*state_)) return true;
      if (!same_block(*state_, *before_)) {
        in = in.first(half);
        continue;
      }
      copy_state(*state_, *before_);
      start = at_;
      in = in.subspan(half);
    }
    return true;
  }

  void remember(ByteView produced) {
    if (produced.size() >= kWindowBytes) {
      const ByteView last = produced.last(kWindowBytes);
      window_.assign(last.begin(), last.end());
      return;
    }
    const std::size_t kept = std::min(window_.size(), kWindowBytes - produced.size());
    window_.erase(window_.begin(), window_.end() - static_cast<std::ptrdiff_t>(kept));
    window_.insert(window_.end(), produced.begin(), produced.end());
  }

  std::unique_ptr<inflate_state> state_ = std::make_unique<inflate_state>();
  std::unique_ptr<inflate_state> before_ = std::make_unique<inflate_state>();
  ByteVec window_;
  At at_;
  bool told_ = true;  // nothing was decoded since the last end of a block that was told
};

}  // namespace

std::unique_ptr<FastInflater> FastInflater::make() {
  return std::make_unique<IsalInflater>();
}

#else

std::unique_ptr<FastInflater> FastInflater::make() {
  return nullptr;
}

#endif
}  // namespace backshelf
