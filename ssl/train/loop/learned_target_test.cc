// A target that learns from the training set does so once, before the first
// step, and what it learned is saved in the run's checkpoints.
#include <gtest/gtest.h>

#include <string>

#include "base/file_testing.h"
#include "data/formats/idx_testing.h"
#include "data/sets/open_dataset.h"
#include "ssl/objective/tiny_methods_testing.h"
#include "ssl/targets/target.h"
#include "ssl/train/checkpoint/checkpoint.h"
#include "ssl/train/loop/trainer.h"
#include "vit/state_dict.h"

namespace caldera::ssl {
namespace {

// Returns the state of the target in the last checkpoint, after `steps` steps.
at::Tensor CentersOfARun(Experiment experiment, int64_t steps,
                         const std::string& path) {
  experiment.mutable_train()->set_steps(steps);
  TrainerOptions options;
  options.show_progress = false;
  auto trainer = Trainer::Create(experiment, options);
  EXPECT_TRUE(trainer.ok()) << trainer.status();
  auto folder = RunFolder::Open(path, experiment);
  EXPECT_TRUE(folder.ok()) << folder.status();
  const auto finished = (*trainer)->Run(&*folder);
  EXPECT_TRUE(finished.ok()) << finished.status();
  auto checkpoint = LoadLatestCheckpoint(path + "/checkpoints");
  EXPECT_TRUE(checkpoint.ok() && checkpoint->has_value());
  return (*checkpoint)->model.at("target.centers");
}

TEST(LearnedTarget, IsLearnedOnceAndKept) {
  const std::string data = base::NewFolder("learned_target_data");
  data::WriteIdxSet(data, "train", 96, 8, 8);
  Experiment experiment = TinyMethods().at("cluster_mim");
  experiment.mutable_data()->set_dataset(data);
  experiment.set_seed(5);

  const auto dataset = data::OpenDataset(experiment.data());
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  const auto target = TargetPart::Create(
      experiment.mae().target(), {experiment.encoder(), {}, false, true});
  ASSERT_TRUE(target.ok()) << target.status();
  (*target)->Build(5);
  const at::Tensor noise =
      vit::GetStateDict(*(*target)->module()).at("centers").clone();
  ASSERT_TRUE((*target)->Learn(*dataset, 5).ok());
  const at::Tensor expected =
      vit::GetStateDict(*(*target)->module()).at("centers");
  EXPECT_FALSE(expected.equal(noise));

  for (const int64_t steps : {1, 7}) {
    const std::string name = "learned_target_" + std::to_string(steps);
    EXPECT_TRUE(CentersOfARun(experiment, steps, base::FreshFolder(name))
                    .equal(expected));
  }
}

}  // namespace
}  // namespace caldera::ssl
