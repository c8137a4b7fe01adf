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
}

}  // namespace
}  // namespace caldera::ssl
