#include "ssl/train/resume/resume_decision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace caldera::ssl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Experiment ThreeSteps() {
  Experiment experiment;
  experiment.mutable_data()->mutable_loader()->set_workers(1);
  experiment.mutable_train()->set_steps(3);
  experiment.mutable_train()->set_batch_size(16);
  experiment.mutable_train()->set_accumulate_steps(1);
  experiment.mutable_mae();
  return experiment;
}

std::string ErrorOf(const Experiment& there, const Experiment& here,
                    bool extend = false) {
  const auto decision = DecideResume(there, here, {extend});
  EXPECT_FALSE(decision.ok());
  return std::string(decision.status().message());
}

TEST(DecideResume, WorkersChangeNoBit) {
  Experiment here = ThreeSteps();
  here.mutable_data()->mutable_loader()->set_workers(2);
  const auto decision = DecideResume(ThreeSteps(), here, {});
  ASSERT_TRUE(decision.ok()) << decision.status();
  EXPECT_THAT(*decision,
              ElementsAre("data.loader.workers: 1 -> 2 (the same bits)"));
}

TEST(DecideResume, ASetMayMoveWhereItIsTheSame) {
  Experiment there = ThreeSteps(), here = ThreeSteps();
  there.mutable_data()->set_dataset("/old");
  here.mutable_data()->set_dataset("/new");
  EXPECT_THAT(ErrorOf(there, here), HasSubstr("data.dataset"));
  ResumeOptions options;
  options.same_dataset = true;
  const auto decision = DecideResume(there, here, options);
  ASSERT_TRUE(decision.ok()) << decision.status();
  EXPECT_THAT(*decision, ElementsAre(HasSubstr("(the same images)")));
}

TEST(DecideResume, ALongerTrainingNeedsTheFlag) {
  Experiment here = ThreeSteps();
  here.mutable_train()->set_steps(6);
  const std::string error = ErrorOf(ThreeSteps(), here);
  EXPECT_THAT(error, HasSubstr("train.steps: 3 -> 6"));
  EXPECT_THAT(error, HasSubstr("--extend"));
  EXPECT_TRUE(DecideResume(ThreeSteps(), here, {/*extend=*/true}).ok());
}

TEST(DecideResume, AShorterTrainingIsRefusedWithTheFlagToo) {
  Experiment here = ThreeSteps();
  here.mutable_train()->set_steps(2);
  EXPECT_THAT(ErrorOf(ThreeSteps(), here, /*extend=*/true),
              HasSubstr("only a longer training"));
}

TEST(DecideResume, AnotherUnitOfLengthIsAnotherExperiment) {
  Experiment here = ThreeSteps();
  here.mutable_train()->set_epochs(100);
  ErrorOf(ThreeSteps(), here, /*extend=*/true);
}

TEST(DecideResume, MicrobatchesChangeWhereNoTermComparesImages) {
  Experiment there = ThreeSteps(), here = ThreeSteps();
  here.mutable_train()->set_accumulate_steps(2);
  EXPECT_TRUE(DecideResume(there, here, {}).ok());
  for (Experiment* one : {&there, &here}) one->mutable_regularizer();
  EXPECT_THAT(ErrorOf(there, here), HasSubstr("compare the images"));
  for (Experiment* one : {&there, &here}) {
    one->clear_regularizer();
    one->mutable_simclr();
  }
  EXPECT_THAT(ErrorOf(there, here), HasSubstr("compare the images"));
}

TEST(DecideResume, TheOnlineClassifierKeepsItsFeature) {
  Experiment there = ThreeSteps(), here = ThreeSteps();
  there.mutable_eval()->set_feature("MEAN");
  here.mutable_eval()->set_feature("CLS");
  EXPECT_TRUE(DecideResume(there, here, {}).ok());
  there.mutable_train()->mutable_online();
  here.mutable_train()->mutable_online();
  EXPECT_THAT(ErrorOf(there, here), HasSubstr("train.online"));
}

TEST(DecideResume, EverythingElseIsAnotherExperiment) {
  Experiment here = ThreeSteps();
  here.mutable_train()->set_batch_size(8);
  EXPECT_THAT(ErrorOf(ThreeSteps(), here, /*extend=*/true),
              HasSubstr("train.batch_size: 16 -> 8"));
}

TEST(DecideResume, NamesAllThatIsRefused) {
  Experiment here = ThreeSteps();
  here.mutable_train()->set_steps(6);
  here.mutable_train()->set_batch_size(8);
  here.mutable_data()->mutable_loader()->set_workers(2);
  EXPECT_EQ(ErrorOf(ThreeSteps(), here),
            "(train.steps: 3 -> 6; --extend trains the run that much longer), "
            "(train.batch_size: 16 -> 8; its weights would differ)");
  here.mutable_encoder()->set_depth(1);
  here.set_seed(7);
  EXPECT_THAT(ErrorOf(ThreeSteps(), here),
              testing::EndsWith("), and in 1 further fields"));
}

}  // namespace
}  // namespace caldera::ssl
