#include "engine/archive/write_outer.h"

#include "engine/crypto/hash.h"
#include "engine/tar/raw_header.h"

namespace backshelf {
namespace {

constexpr std::uint64_t kEndBytes = 2 * kTarBlock;

}  // namespace

bool has_hashes(Level level) {
  return level > Level::kFast;
}

PartIndex::PartIndex(Level level) {
  facts.gzip = level != Level::kNone && level != Level::kZstd;
  facts.zstd = level == Level::kZstd;
  facts.hashes = has_hashes(level);
  facts.level = static_cast<std::uint8_t>(level);
}

OuterWriter::OuterWriter(SealGroup& group, Timestamp mtime) : group_(group), mtime_(mtime) {}

void OuterWriter::begin_member(const std::string& name) {
  member_ = name;
  plain_bytes_ = 0;
  header_offset_ = group_.object.written();
  group_.object.write(make_member_header({name, 0, mtime_.seconds, mtime_.nanoseconds}));
  if (group_.key) seal_ = seal(group_.object, group_.key);
}

void OuterWriter::write(ByteView bytes) {
  plain_bytes_ += bytes.size();
  if (seal_) {
    seal_->write(bytes);
  } else {
    group_.object.write(bytes);
  }
}

void OuterWriter::write_index(const PartIndex& index) {
  IndexFacts facts = index.facts;
  facts.main_bytes = plain_bytes_;
  std::optional<MacTable> macs;
  if (seal_ && group_.key->version == 3) {
    macs = MacTable{seal_header_digest(seal_->header()), seal_->macs()};
  }
  write(print_tail_index(facts, index.segments, index.files, macs));
}

void OuterWriter::note_hint(const SealSink::Sealed& sealed, std::uint64_t first_index_byte) {
  HintMember hint;
  hint.name = blake2b16(as_bytes(member_));
  hint.head = blake2b16(sealed.header);
  hint.size = sealed.sealed_size;
  hint.chunks = static_cast<std::uint32_t>(seal_->macs().size());
  hint.first_chunk = static_cast<std::uint32_t>(first_index_byte / kV3ChunkBytes);
  for (std::uint32_t i = 0; i < hint.first_chunk; ++i) {
    hint.chain = add_mac(hint.chain, seal_->macs()[i]);
  }
  hints_.push_back(hint);
}

void OuterWriter::end_member(const PartIndex& index) {
  const std::uint64_t first_index_byte = plain_bytes_;
  write_index(index);
  close_member(first_index_byte);
}

void OuterWriter::end_member() {
  close_member(std::nullopt);
}

void OuterWriter::close_member(std::optional<std::uint64_t> first_index_byte) {
  const std::size_t header_size = make_member_header({member_, 0, 0, 0}).size();
  const std::uint64_t data_offset = header_offset_ + header_size;
  if (seal_) {
    const SealSink::Sealed sealed = seal_->finish();
    if (group_.key->version == 3 && first_index_byte) note_hint(sealed, *first_index_byte);
    seal_.reset();
    group_.object.patch(data_offset, sealed.header);
  }
  const std::uint64_t size = group_.object.written() - data_offset;
  group_.object.patch(header_offset_,
                      make_member_header({member_, size, mtime_.seconds, mtime_.nanoseconds}));
  pad(kTarBlock);
}

void OuterWriter::write_plain_member(const char* name, ByteView content) {
  group_.object.write(make_plain_header({name, content.size(), mtime_.seconds, 0}));
  group_.object.write(content);
  pad(kTarBlock);
}

void OuterWriter::finish(const std::string& metadata, const char* metadata_name) {
  if (!hints_.empty()) write_plain_member(kHintName, print_hint(hints_));
  write_plain_member(metadata_name, as_bytes(metadata));
  group_.object.write(ByteVec(kEndBytes));
  pad(kTarRecord);
}

void OuterWriter::pad(std::uint64_t multiple) {
  const std::uint64_t over = group_.object.written() % multiple;
  if (over != 0) group_.object.write(ByteVec(multiple - over));
}

}  // namespace backshelf
