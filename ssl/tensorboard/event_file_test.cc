#include "ssl/tensorboard/event_file.h"

#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include "gtest/gtest.h"

namespace caldera::ssl {
namespace {

using tensorboard::Event;

// TensorBoard's own check of a record, written out slowly.
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

class EventFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "/events_" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
  }

  // The events of the folder's only file, every checksum verified.
  std::vector<Event> ReadBack() {
    std::string text;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      std::ifstream file(entry.path(), std::ios::binary);
      std::stringstream all;
      all << file.rdbuf();
      text = all.str();
      EXPECT_NE(entry.path().filename().string().find("tfevents"),
                std::string::npos);
    }
    std::vector<Event> events;
    size_t at = 0;
    while (at < text.size()) {
      const std::string length = text.substr(at, 8);
      EXPECT_EQ(Number(text.substr(at + 8, 4)), Mask(SlowCrc32c(length)));
      const std::string data = text.substr(at + 12, Number(length));
      EXPECT_EQ(Number(text.substr(at + 12 + data.size(), 4)),
                Mask(SlowCrc32c(data)));
      Event event;
      EXPECT_TRUE(event.ParseFromString(data));
      events.push_back(event);
      at += 16 + data.size();
    }
    return events;
  }

  std::string folder_;
};

TEST(Crc32cTest, KnownValues) {
  EXPECT_EQ(Crc32c(""), 0);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283);  // the usual check value
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aa);  // RFC 3720, B.4
}

TEST_F(EventFileTest, WritesRecordsThatVerify) {
  auto events = EventFile::Create(folder_, 40);
  ASSERT_TRUE(events.ok()) << events.status();
  events->Scalars(50, {{"loss", 0.5}, {"lr", 1e-3}});
  events->ImagePng(60, "pictures", "png bytes", 7, 5, 3);
  ASSERT_TRUE(events->Flush().ok());
  const std::vector<Event> read = ReadBack();
  ASSERT_EQ(read.size(), 4);
  EXPECT_EQ(read[0].file_version(), "brain.Event:2");
  EXPECT_EQ(read[1].session_log().status(), tensorboard::SessionLog::START);
  EXPECT_EQ(read[1].step(), 41);
  EXPECT_EQ(read[2].step(), 50);
  ASSERT_EQ(read[2].summary().value_size(), 2);
  EXPECT_EQ(read[2].summary().value(0).tag(), "loss");
  EXPECT_EQ(read[2].summary().value(0).simple_value(), 0.5f);
  EXPECT_EQ(read[3].summary().value(0).image().width(), 7);
  EXPECT_EQ(read[3].summary().value(0).image().encoded_image_string(),
            "png bytes");
  EXPECT_GT(read[3].wall_time(), 1.6e9);
}

TEST_F(EventFileTest, HistogramCountsEveryFiniteValue) {
  auto events = EventFile::Create(folder_, 0);
  ASSERT_TRUE(events.ok());
  events->Histogram(1, "degrees",
                    {3, 1, 2, 2, std::numeric_limits<double>::infinity()});
  events->Histogram(2, "equal", {5, 5});
  events->Histogram(3, "none", {});
  ASSERT_TRUE(events->Flush().ok());
  const std::vector<Event> read = ReadBack();
  ASSERT_EQ(read.size(), 4);
  const tensorboard::Histogram& histogram = read[2].summary().value(0).histo();
  EXPECT_EQ(histogram.min(), 1);
  EXPECT_EQ(histogram.max(), 3);
  EXPECT_EQ(histogram.num(), 4);
  EXPECT_EQ(histogram.sum(), 8);
  EXPECT_EQ(histogram.sum_squares(), 18);
  double counted = 0, at_most_two = 0;
  for (int i = 0; i < histogram.bucket_size(); ++i) {
    counted += histogram.bucket(i);
    if (histogram.bucket_limit(i) < 2) at_most_two += histogram.bucket(i);
  }
  EXPECT_EQ(counted, 4);
  EXPECT_EQ(at_most_two, 1);
  EXPECT_NEAR(histogram.bucket_limit(histogram.bucket_size() - 1), 3, 1e-12);
  EXPECT_EQ(read[3].summary().value(0).histo().num(), 2);
}

TEST_F(EventFileTest, ErrorsNameTheFile) {
  std::ofstream(folder_) << "a file";
  const auto events = EventFile::Create(folder_, 0);
  ASSERT_FALSE(events.ok());
  EXPECT_NE(std::string(events.status().message()).find(folder_),
            std::string::npos);
  auto full = EventFile::Create("/dev/full/x", 0);
  EXPECT_FALSE(full.ok());
}

}  // namespace
}  // namespace caldera::ssl
