// The inside of an index, unpacked: a directory of sections and their bodies. Layout: FORMAT.md.
// Part of engine/archive only.
#pragma once

#include "engine/archive/tail_index.h"

namespace backshelf {

// The pieces of an index in their order. `files` of print_sections is borrowed.
struct PrintedSections {
  ByteVec directory, meta, segments, chain;
  [[nodiscard]] std::vector<ByteView> pieces(const FileColumns::Sections& files) const;
};
[[nodiscard]] PrintedSections print_sections(const IndexFacts& facts,
                                             const std::vector<Segment>& segments,
                                             const FileColumns::Sections& files,
                                             const std::optional<MacTable>& macs);

// `facts`: what the footer says; level and snapshot are filled in. Nullopt: damaged, a critical
// section is unknown or missing, or segments that are no segments. Nothing is checked against the
// stream. Allocates no more than `index` justifies.
[[nodiscard]] std::optional<TailIndex> parse_sections(ByteView index, const IndexFacts& facts);

}  // namespace backshelf
