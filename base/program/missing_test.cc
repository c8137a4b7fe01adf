#include "base/program/missing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace caldera::base {
namespace {

using testing::ElementsAre;

TEST(Missing, WhatFailsCostsItselfAlone) {
  Missing missing;
  EXPECT_TRUE(missing.Attempt("a", [] { return absl::OkStatus(); }));
  EXPECT_TRUE(missing.empty());
  EXPECT_EQ(missing.Report(), 0);
  EXPECT_FALSE(
      missing.Attempt("b", [] { return absl::DataLossError("cut off"); }));
  EXPECT_FALSE(missing.Attempt("c", []() -> absl::Status {
    throw std::runtime_error("no memory\nstack");
  }));
  EXPECT_THAT(missing.Lines(), ElementsAre("b: cut off", "c: no memory"));
  testing::internal::CaptureStderr();
  EXPECT_EQ(missing.Report(), 1);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "error: missing: b: cut off\nerror: missing: c: no memory\n");
}

TEST(Missing, TheSameReasonAgainIsCounted) {
  Missing missing;
  EXPECT_TRUE(missing.Add("a", absl::DataLossError("x")));
  EXPECT_FALSE(missing.Add("a", absl::DataLossError("x")));
  EXPECT_TRUE(missing.Add("a", absl::DataLossError("y")));
  EXPECT_THAT(missing.Lines(), ElementsAre("a: x (2 times)", "a: y"));
  EXPECT_EQ(missing.count(), 3);
}

}  // namespace
}  // namespace caldera::base
