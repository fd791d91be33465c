#include "engine/archive/write_outer.h"

#include "engine/tar/raw_header.h"

namespace backshelf {
namespace {

constexpr const char* kMetadataName = "./backup.json";  // HA finds no other spelling
constexpr std::uint64_t kEndBytes = 2 * kTarBlock;

}  // namespace

OuterWriter::OuterWriter(SealGroup& group, Timestamp mtime) : group_(group), mtime_(mtime) {}

void OuterWriter::begin_member(const std::string& name) {
  member_ = name;
  header_offset_ = group_.object.written();
  group_.object.write(make_member_header({name, 0, mtime_.seconds, mtime_.nanoseconds}));
  if (group_.key) seal_ = seal(group_.object, group_.key);
}

void OuterWriter::write(ByteView bytes) {
  if (seal_) {
    seal_->write(bytes);
  } else {
    group_.object.write(bytes);
  }
}

void OuterWriter::end_member() {
  const std::size_t header_size = make_member_header({member_, 0, 0, 0}).size();
  const std::uint64_t data_offset = header_offset_ + header_size;
  if (seal_) {
    const SealSink::Sealed sealed = seal_->finish();
    seal_.reset();
    group_.object.patch(data_offset, sealed.header);
  }
  const std::uint64_t size = group_.object.written() - data_offset;
  group_.object.patch(header_offset_,
                      make_member_header({member_, size, mtime_.seconds, mtime_.nanoseconds}));
  pad(kTarBlock);
}

void OuterWriter::finish(const std::string& metadata) {
  group_.object.write(make_plain_header({kMetadataName, metadata.size(), mtime_.seconds, 0}));
  group_.object.write(as_bytes(metadata));
  pad(kTarBlock);
  group_.object.write(ByteVec(kEndBytes));
  pad(kTarRecord);
}

void OuterWriter::pad(std::uint64_t multiple) {
  const std::uint64_t over = group_.object.written() % multiple;
  if (over != 0) group_.object.write(ByteVec(multiple - over));
}

}  // namespace backshelf
