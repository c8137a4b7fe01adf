#include "ssl/schedule/schedule_range.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

namespace caldera::ssl {
namespace {

std::string Error(const std::string& text) {
  Schedule schedule;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &schedule));
  return std::string(CheckRange(schedule, 0.5, 1).message());
}

TEST(CheckRange, NamesTheValueThatLeavesTheRange) {
  using testing::StartsWith;
  EXPECT_EQ(Error(""), "");
  EXPECT_EQ(Error("constant: 0.5"), "");
  EXPECT_EQ(Error("cosine_ramp { from: 0.996 to: 1 }"), "");
  EXPECT_EQ(Error("constant: 1.5"), "constant: 1.5 is not in [0.5, 1]");
  EXPECT_THAT(Error("window { value: 1 }"), StartsWith("window: 0 is not"));
  EXPECT_THAT(Error("linear_ramp { from: 2 to: 1 }"),
              StartsWith("linear_ramp.from: 2"));
  EXPECT_THAT(Error("cosine_ramp { from: 1 to: 0.1 }"),
              StartsWith("cosine_ramp.to: 0.1"));
  EXPECT_THAT(
      Error("steps { initial: 1 change { at { epochs: 3 } value: 7 } }"),
      StartsWith("steps.change[0].value: 7"));
  EXPECT_THAT(Error("step_decay { value: 1 at { epochs: 3 } }"),
              StartsWith("step_decay.factor: 0.1"));
  EXPECT_THAT(Error("step_decay { value: 1 start { epochs: 3 } }"),
              StartsWith("step_decay.start: 0"));
  EXPECT_THAT(Error("intervals { interval { value: 3 } }"),
              StartsWith("intervals.interval[0].value: 3"));
  EXPECT_THAT(Error("triangle { from: 1 peak: 2 to: 1 middle { steps: 3 } }"),
              StartsWith("triangle.peak: 2"));
}

}  // namespace
}  // namespace caldera::ssl
