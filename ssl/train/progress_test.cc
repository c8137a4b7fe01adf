#include "ssl/train/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace caldera::ssl {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Progress, ALineSaysWhereTheRunIs) {
  const Progress progress(/*total_steps=*/100, /*steps_per_epoch=*/20,
                          /*batch_size=*/8, /*start_step=*/0);
  const std::string line = progress.Line(
      {50, 0.75, {{"reconstruction", 0.5}, {"magma", 0.25}}, 1e-3});
  EXPECT_THAT(line, HasSubstr("epoch 2.5  step 50/100  loss 0.7500"));
  EXPECT_THAT(line, HasSubstr("(reconstruction 0.5000, magma 0.2500)"));
  EXPECT_THAT(line, HasSubstr("lr 1.00e-03"));
  EXPECT_THAT(line, HasSubstr("img/s"));
  EXPECT_THAT(line, HasSubstr("left"));
}

TEST(Progress, ASingleTermIsNotRepeatedAndNoStepHasNoRate) {
  const Progress progress(100, 20, 8, /*start_step=*/10);
  const std::string line =
      progress.Line({10, 0.5, {{"reconstruction", 0.5}}, 0});
  EXPECT_THAT(line, Not(HasSubstr("reconstruction")));
  EXPECT_THAT(line, Not(HasSubstr("img/s")));
}

}  // namespace
}  // namespace caldera::ssl
