// Compiles the examples of this room's front headers, word for word.
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "base/file_testing.h"
#include "data/formats/idx_testing.h"
#include "ssl/objective/experiment_plan.h"
#include "ssl/objective/objective.h"
#include "ssl/objective/tiny_methods_testing.h"
#include "ssl/spec/load_experiment.h"
#include "ssl/train/loop/trainer.h"
#include "ssl/train/monitor/run_folder.h"

namespace caldera::ssl {

// clang-format off

TEST(Examples, LoadExperiment) {
  // From ssl/spec/load_experiment.h:
  absl::StatusOr<Experiment> experiment =
      LoadExperiment("fashion_mnist/m_mae", {"train.epochs=5"});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->train().epochs(), 5);
}

TEST(Examples, Objective) {
  const Experiment experiment = TinyMae();
  DeviceBatch batch = TinyBatch(experiment, 4);
  batch.views[0] = batch.views[0].to(at::kFloat);
  const base::Streams streams{0, 0};
  const int64_t step = 0;
  const RunLength run;
  ExperimentPlan plan = *ExperimentPlan::Make(experiment);
  // From ssl/objective/objective.h:
  Objective objective = plan.BuildObjective();  // experiment_plan.h
  auto method = plan.BuildMethod();
  TotalLoss loss = objective.Combine((*method)->Step(batch, streams), step,
                                      run, /*with_diagnostics=*/false);
  loss.total.backward();
  EXPECT_GT(loss.total.item<double>(), 0);
}

TEST(Examples, Trainer) {
  Experiment experiment = TinyMae();
  const std::string folder_of_data = base::NewFolder("examples_data");
  data::WriteIdxSet(folder_of_data, "train", 32, 8, 8);
  experiment.mutable_data()->set_dataset(folder_of_data);
  experiment.mutable_train()->set_steps(2);
  TrainerOptions options;
  options.show_progress = false;
  ASSERT_EQ(chdir(base::NewFolder("examples_runs").c_str()), 0);
  // From ssl/train/loop/trainer.h:
  auto trainer = Trainer::Create(experiment, options);
  auto folder = RunFolder::Open("runs/a/b", experiment);
  absl::StatusOr<bool> finished = (*trainer)->Run(&*folder);
  ASSERT_TRUE(finished.ok()) << finished.status();
  EXPECT_TRUE(*finished);
}

// clang-format on

}  // namespace caldera::ssl
