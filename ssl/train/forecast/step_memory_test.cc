#include "ssl/train/forecast/step_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace caldera::ssl {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Experiment OfBatch(int batch) {
  Experiment experiment;
  experiment.mutable_train()->set_batch_size(batch);
  return experiment;
}

// 100 bytes an image beside 1,000 of gradients.
MemoryForecast Need(int batch) {
  MemoryForecast need;
  need.gradients = 1000;
  need.activations = 100 * batch;
  return need;
}

TEST(MemoryAdvice, NamesTheStepsThatFit) {
  // 30 images fit; the largest part of 64 that does is 16.
  const std::string advice = MemoryAdvice(Need(64), 4000, OfBatch(64));
  EXPECT_THAT(advice, StartsWith("set train.accumulate_steps=4 (16 images at a "
                                 "time), or lower train.batch_size to 30"));
  EXPECT_THAT(advice, HasSubstr("encoder.checkpoint_blocks=true"));
}

TEST(MemoryAdvice, DoesNotNameWhatIsSet) {
  Experiment experiment = OfBatch(64);
  experiment.mutable_encoder()->set_checkpoint_blocks(true);
  experiment.mutable_train()->set_accumulate_steps(2);
  MemoryForecast need = Need(64);
  need.activations /= 2;  // of one microbatch
  const std::string advice = MemoryAdvice(need, 4000, experiment);
  EXPECT_THAT(advice, StartsWith("set train.accumulate_steps=4 (16 images"));
  EXPECT_THAT(advice, Not(HasSubstr("checkpoint_blocks")));
}

TEST(MemoryAdvice, SaysWhereNothingFits) {
  EXPECT_THAT(MemoryAdvice(Need(64), 1050, OfBatch(64)),
              StartsWith("not one image fits; use a smaller encoder"));
  EXPECT_THAT(MemoryAdvice(Need(64), 500, OfBatch(64)),
              StartsWith("not one image fits"));
  EXPECT_THAT(MemoryAdvice(Need(64), 100'000, OfBatch(64)),
              HasSubstr("other programs"));
}

TEST(RoomForSteps, IsKnownOnAMachine) {
  const auto room = RoomForSteps(at::kCPU);
  ASSERT_TRUE(room.has_value());
  EXPECT_GT(room->bytes, 0);
}

}  // namespace
}  // namespace caldera::ssl
