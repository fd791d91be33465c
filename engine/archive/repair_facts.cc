#include "engine/archive/repair_facts.h"

#include "engine/base/error.h"

namespace backshelf {

bool is_whole_outside(const OuterMember& outer) {
  return outer.type == EntryType::kFile && outer.available == outer.size && !outer.head_lost &&
         !outer.unfinished && outer.size > 0;
}

bool is_whole_sealed(const MemberFacts& facts) {
  const SealHeader& seal = facts.seal;
  if (!is_whole_outside(facts.outer) || !seal.complete) return false;
  const std::uint64_t size = facts.bytes->size();
  switch (seal.format) {
    case SealFormat::kV3:
      return seal.plain_size > 0 && size >= v3_sealed_size(seal.plain_size);
    case SealFormat::kV2:
      return seal.plain_size > 0 && size >= v2_sealed_size(seal.plain_size);
    case SealFormat::kV1:
      return size % 16 == 0 && size > kV1HeaderBytes;
    default:
      return true;
  }
}

std::optional<ErrorKind> key_problem(const Member& member, KeySource& keys) {
  const MemberFacts& facts = member.facts();
  const bool sealed = securetar_version(facts.seal).has_value();
  if (member.opened() || !sealed || !facts.seal.complete || facts.outer.head_lost) return {};
  if (facts.seal.format == SealFormat::kUnsupported) return {};
  try {
    (void)keys.open(facts.seal, facts.start);
    return {};
  } catch (const Error& error) {  // isolation: asked for its kind
    if (state_of(error.kind()) == State::kOk) throw;
    return error.kind();
  }
}

std::string shown_part(const std::string& name) {
  if (name == "homeassistant") return "config";
  if (name == "addons/local") return "addons";
  if (name == "share" || name == "ssl" || name == "media") return name;
  return concat("apps/", name);
}

}  // namespace backshelf
