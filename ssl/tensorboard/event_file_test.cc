#include "ssl/tensorboard/event_file.h"

#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "ssl/tensorboard/event_file_testing.h"

namespace caldera::ssl {
namespace {

using tensorboard::Event;

class EventFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "/events_" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
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
  const std::vector<Event> read = ReadEvents(folder_);
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
  const std::vector<Event> read = ReadEvents(folder_);
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
