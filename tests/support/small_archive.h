// Whole backup archives of a few kilobytes, made in memory: unencrypted, one small file per part.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/tar/raw_header.h"

namespace backshelf {

struct SmallArchive {
  std::string slug = "0a1b2c3d", name = "Small", date = "2026-11-23T04:45:00.000000+00:00";
  std::vector<std::string> stems = {"homeassistant"};  // inner tars, of one file each
  std::string content = "default_config:\n";
  std::string extra = "{}";
};

inline std::uint32_t crc32_of(std::string_view text) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

// A gzip member of one stored block. REQUIRES: text.size() < 65536
inline std::string stored_gzip(std::string_view text) {
  const auto length = static_cast<std::uint16_t>(text.size());
  const auto inverse = static_cast<std::uint16_t>(~length);
  std::string gzip("\x1f\x8b\x08\0\0\0\0\0\0\xff\x01", 11);
  for (const std::uint16_t half : {length, inverse}) {
    gzip += static_cast<char>(half & 0xFF);
    gzip += static_cast<char>(half >> 8);
  }
  gzip += text;
  for (const auto word : {crc32_of(text), static_cast<std::uint32_t>(text.size())}) {
    for (int shift = 0; shift < 32; shift += 8) gzip += static_cast<char>(word >> shift & 0xFF);
  }
  return gzip;
}

inline void add_tar_file(std::string& tar, const std::string& name, std::string_view content) {
  MemberHeader header;
  header.name = name;
  header.size = content.size();
  header.mtime_seconds = 1'700'000'000;
  const ByteVec block = make_plain_header(header);
  tar += as_text(block);
  tar += content;
  tar.resize((tar.size() + kTarBlock - 1) / kTarBlock * kTarBlock, '\0');
}

inline std::string small_archive(const SmallArchive& facts = {}) {
  std::string folders;
  bool home = false;
  for (const std::string& stem : facts.stems) {
    if (stem == "homeassistant") {
      home = true;
    } else {
      folders += concat(folders.empty() ? "" : ",", "\"", stem, "\"");
    }
  }
  const std::string json =
      concat(R"({"version":2,"slug":")", facts.slug, R"(","name":")", facts.name, R"(","date":")",
             facts.date, R"(","type":"partial","supervisor_version":"2026.11.0","folders":[)",
             folders, R"(],"homeassistant":)",
             home ? R"({"version":"2026.11.2","exclude_database":false,"size":0})" : "null",
             R"(,"compressed":true,"protected":false,"addons":[],"repositories":[],"extra":)",
             facts.extra, "}");
  std::string tar;
  add_tar_file(tar, "./backup.json", json);
  for (const std::string& stem : facts.stems) {
    std::string inner;
    const char* const file = stem == "homeassistant" ? "data/configuration.yaml" : "file.txt";
    add_tar_file(inner, file, facts.content);
    inner.resize(kTarRecord, '\0');
    add_tar_file(tar, concat("./", stem, ".tar.gz"), stored_gzip(inner));
  }
  tar.resize((tar.size() + 2 * kTarBlock + kTarRecord - 1) / kTarRecord * kTarRecord, '\0');
  return tar;
}

}  // namespace backshelf
