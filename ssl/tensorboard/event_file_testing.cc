#include "ssl/tensorboard/event_file_testing.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "gtest/gtest.h"

namespace caldera::ssl {
namespace {

// Checks a record as TensorBoard does, written out slowly.
uint32_t SlowCrc32c(const std::string& data) {
  uint32_t crc = 0xffffffff;
  for (const char c : data) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82f63b78 : crc >> 1;
    }
  }
  return crc ^ 0xffffffff;
}

uint64_t Number(const std::string& bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    value |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[i])) << (8 * i);
  }
  return value;
}

uint32_t Mask(uint32_t crc) {
  return static_cast<uint32_t>(((crc >> 15) | (crc << 17)) + 0xa282ead8);
}

}  // namespace

std::vector<tensorboard::Event> ReadEvents(const std::string& folder) {
  std::string text;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    std::stringstream all;
    all << file.rdbuf();
    text = all.str();
    EXPECT_NE(entry.path().filename().string().find("tfevents"),
              std::string::npos);
    ++files;
  }
  EXPECT_EQ(files, 1);
  std::vector<tensorboard::Event> events;
  size_t at = 0;
  while (at < text.size()) {
    const std::string length = text.substr(at, 8);
    EXPECT_EQ(Number(text.substr(at + 8, 4)), Mask(SlowCrc32c(length)));
    const std::string data = text.substr(at + 12, Number(length));
    EXPECT_EQ(Number(text.substr(at + 12 + data.size(), 4)),
              Mask(SlowCrc32c(data)));
    tensorboard::Event event;
    EXPECT_TRUE(event.ParseFromString(data));
    events.push_back(event);
    at += 16 + data.size();
  }
  return events;
}

}  // namespace caldera::ssl
