#include "ssl/train/resume/experiment_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ssl/experiment/experiment.pb.h"

namespace caldera::ssl {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

// A field is in this list because of a decision: with FREE, no bit of the
// weights may depend on it.
TEST(StatedKinds, AreThese) {
  EXPECT_THAT(StatedKinds(*Experiment::descriptor()),
              ElementsAre("caldera.data.LoaderSpec.on_bad_image FREE",
                          "caldera.data.LoaderSpec.prefetch FREE",
                          "caldera.data.LoaderSpec.workers FREE",
                          "caldera.eval.EvalSpec.measured_on "
                          "ANOTHER_EXPERIMENT",
                          "caldera.ssl.Experiment.eval FREE",
                          "caldera.ssl.TrainSpec.accumulate_steps ROUNDING",
                          "caldera.ssl.TrainSpec.checkpoint_every FREE",
                          "caldera.ssl.TrainSpec.cuda_graph FREE",
                          "caldera.ssl.TrainSpec.epochs EXTENSION",
                          "caldera.ssl.TrainSpec.examples EXTENSION",
                          "caldera.ssl.TrainSpec.keep_checkpoints FREE",
                          "caldera.ssl.TrainSpec.keep_every FREE",
                          "caldera.ssl.TrainSpec.log_every_steps FREE",
                          "caldera.ssl.TrainSpec.pictures_every FREE",
                          "caldera.ssl.TrainSpec.plain_ops ROUNDING",
                          "caldera.ssl.TrainSpec.steps EXTENSION",
                          "caldera.vit.DecoderSpec.checkpoint_blocks ROUNDING",
                          "caldera.vit.EncoderSpec.checkpoint_blocks "
                          "ROUNDING"));
}

TEST(ChangesBetween, NamesPathsAndValues) {
  Experiment before, after;
  before.mutable_train()->set_steps(3);
  after.mutable_train()->set_steps(6);
  const auto changes = ChangesBetween(before, after);
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ(ChangeText(changes[0]), "train.steps: 3 -> 6");
  EXPECT_EQ(changes[0].kind, OnResume::EXTENSION);
  EXPECT_THAT(ChangesBetween(before, before), SizeIs(0));
}

TEST(ChangesBetween, AMessagesKindHoldsBelowIt) {
  Experiment before, after;
  before.mutable_eval()->mutable_knn()->add_k(5);
  after.mutable_eval()->mutable_knn()->add_k(3);
  after.mutable_train()->mutable_checkpoint_every()->set_steps(1);
  before.mutable_train();
  const auto changes = ChangesBetween(before, after);
  ASSERT_THAT(changes, SizeIs(2));
  EXPECT_EQ(ChangeText(changes[0]),
            "train.checkpoint_every: none -> { steps: 1 }");
  EXPECT_EQ(changes[0].kind, OnResume::FREE);
  EXPECT_EQ(ChangeText(changes[1]), "eval.knn.k: [5] -> [3]");
  EXPECT_EQ(changes[1].kind, OnResume::FREE);
}

TEST(ChangesBetween, AFieldBelowMayStateAnotherKind) {
  Experiment before, after;
  before.mutable_eval()->set_measured_on(eval::EvalSpec::TEST);
  after.mutable_eval()->set_measured_on(eval::EvalSpec::VALIDATION);
  const auto changes = ChangesBetween(before, after);
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ(changes[0].kind, OnResume::ANOTHER_EXPERIMENT);
}

}  // namespace
}  // namespace caldera::ssl
