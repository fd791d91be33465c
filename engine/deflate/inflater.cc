#include "engine/deflate/inflater.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

#include "engine/base/error.h"

namespace backshelf {
namespace {

constexpr int kRawWindowBits = -15;  // negative: no zlib or gzip frame
constexpr int kBlockEndFlag = 128, kLastBlockFlag = 64, kUnusedBits = 7;  // in data_type

void expect_ok(int result) {
  if (result == Z_MEM_ERROR) throw std::bad_alloc();
  if (result != Z_OK) throw Error(ErrorKind::kInternal, "decode gzip", "zlib refused its setup");
}

// zlib counts in 32 bits; a longer buffer is used in part.
unsigned count_of(std::size_t bytes) {
  return static_cast<unsigned>(std::min<std::size_t>(bytes, std::numeric_limits<int>::max()));
}

}  // namespace

void Inflater::Free::operator()(z_stream_s* stream) const noexcept {
  (void)inflateEnd(stream);
  delete stream;
}

Inflater::Inflater() {
  auto stream = std::make_unique<z_stream_s>();
  expect_ok(inflateInit2(stream.get(), kRawWindowBits));
  stream_.reset(stream.release());
}

void Inflater::reset() {
  expect_ok(inflateReset(stream_.get()));
}

void Inflater::resume(unsigned bits, unsigned value, ByteView window) {
  reset();
  if (bits > 0) {
    expect_ok(inflatePrime(stream_.get(), static_cast<int>(bits), static_cast<int>(value)));
  }
  if (!window.empty()) {
    expect_ok(inflateSetDictionary(stream_.get(), reinterpret_cast<const Bytef*>(window.data()),
                                   count_of(window.size())));
  }
}

Inflater::Step Inflater::run(ByteView in, ByteSpan out, bool pause) {
  z_stream_s& stream = *stream_;
  const unsigned given = count_of(in.size());
  const unsigned room = count_of(out.size());
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(in.data()));
  stream.avail_in = given;
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = room;
  const int result = inflate(&stream, pause ? Z_BLOCK : Z_NO_FLUSH);
  if (result == Z_MEM_ERROR) throw std::bad_alloc();
  Step step;
  step.consumed = given - stream.avail_in;
  step.produced = room - stream.avail_out;
  step.block_end = (stream.data_type & kBlockEndFlag) != 0;
  step.last_block = (stream.data_type & kLastBlockFlag) != 0;
  step.unused_bits = static_cast<unsigned>(stream.data_type & kUnusedBits);
  if (result == Z_STREAM_END) step.status = Status::kEnd;
  if (result != Z_STREAM_END && result != Z_OK && result != Z_BUF_ERROR) {
    step.status = Status::kDamaged;
  }
  return step;
}

ByteVec Inflater::window() const {
  ByteVec window(kWindowBytes);
  uInt size = 0;
  expect_ok(inflateGetDictionary(stream_.get(), reinterpret_cast<Bytef*>(window.data()), &size));
  window.resize(size);
  return window;
}

std::string Inflater::message() const {
  return stream_->msg == nullptr ? "invalid deflate data" : stream_->msg;
}

}  // namespace backshelf
