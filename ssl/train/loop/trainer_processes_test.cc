// The same run on 1, 2 and 4 processes: every method, in double over 20 steps,
// and the first two in float, as they are trained.
#include <ATen/ops/cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "base/file_testing.h"
#include "data/formats/idx_testing.h"
#include "ssl/distributed/processes_testing.h"
#include "ssl/objective/tiny_methods_testing.h"
#include "ssl/train/loop/trainer.h"

namespace caldera::ssl {
namespace {

using nlohmann::json;

// 96 labelled images of 8 x 8 random bytes: no two patches alike, so that no
// nearest centre, rank or order hangs on a rounding.
std::string NoiseData() {
  static const std::string folder = [] {
    const std::string path = base::NewFolder("noise_data");
    data::WriteIdxSet(path, "train", 96, 8, 8);
    std::mt19937 random(1);
    std::string pixels(96 * 8 * 8, '\0');
    for (char& pixel : pixels) pixel = static_cast<char>(random() % 256);
    base::WriteFile(path + "/train-images-idx3-ubyte",
                    data::IdxBytes({96, 8, 8}, pixels));
    return path;
  }();
  return folder;
}

Experiment OnNoise(Experiment experiment, int64_t steps = 20) {
  experiment.mutable_data()->set_dataset(NoiseData());
  if (experiment.data().view().empty()) {
    experiment.mutable_data()->mutable_augment()->set_horizontal_flip(0.5);
  }
  OptimizerSpec& optimizer = *experiment.mutable_optimizer();
  optimizer.set_base_lr(2e-3);
  optimizer.set_scale_lr_by_batch(false);
  TrainSpec& train = *experiment.mutable_train();
  train.set_steps(steps);
  train.set_batch_size(16);
  train.set_log_every_steps(1);
  return experiment;
}

// Trains `experiment` and returns the losses of metrics.jsonl.
std::vector<double> Train(const Experiment& experiment, at::ScalarType dtype,
                          int64_t processes) {
  const std::string path = base::FreshFolder("run");
  RunProcesses(processes, [&](const Processes& all) {
    TrainerOptions options;
    options.dtype = dtype;
    options.show_progress = false;
    options.processes = &all;
    auto trainer = Trainer::Create(experiment, options);
    ASSERT_TRUE(trainer.ok()) << trainer.status();
    if (all.rank() == 0) {
      auto folder = RunFolder::Open(path, experiment);
      ASSERT_TRUE(folder.ok()) << folder.status();
      const auto finished = (*trainer)->Run(&*folder);
      ASSERT_TRUE(finished.ok()) << finished.status();
      EXPECT_TRUE(*finished);
    } else {
      const auto finished = (*trainer)->Run(nullptr);
      ASSERT_TRUE(finished.ok()) << finished.status();
    }
    // All end with the same weights, bit for bit.
    std::vector<std::string> differ;
    for (const auto& [name, tensor] : (*trainer)->method().NamedState()) {
      const at::Tensor row = tensor.detach().reshape({1, -1});
      const at::Tensor rows = all.Gather(row);
      for (int64_t rank = 0; rank < all.size(); ++rank) {
        if (!rows[rank].equal(row[0])) {
          differ.push_back(name + " of rank " + std::to_string(rank));
        }
      }
    }
    EXPECT_THAT(differ, testing::IsEmpty());
  });
  std::vector<double> losses;
  std::ifstream file(path + "/metrics.jsonl");
  for (std::string line; std::getline(file, line);) {
    losses.push_back(json::parse(line)["loss"].get<double>());
  }
  return losses;
}

// Until the first step that differs by more than `tolerance` of the loss.
void ExpectTheLossesOfOneProcess(const Experiment& experiment,
                                 at::ScalarType dtype,
                                 const std::vector<int64_t>& counts,
                                 double tolerance) {
  const std::vector<double> alone = Train(experiment, dtype, 1);
  ASSERT_EQ(alone.size(), experiment.train().steps());
  for (const int64_t processes : counts) {
    SCOPED_TRACE(processes);
    const std::vector<double> losses = Train(experiment, dtype, processes);
    ASSERT_EQ(losses.size(), alone.size());
    for (size_t step = 0; step < losses.size(); ++step) {
      ASSERT_NEAR(losses[step], alone[step], tolerance * std::abs(alone[step]))
          << "step " << step;
    }
  }
}

// Training makes more of a rounding of 2e-16: up to 2e-13 of the loss over
// these steps. The smallest fault that was planted, a sum over the processes
// left out of the gradient of VICReg's rows, is 3e-7.
TEST(TrainerProcessesTest, EveryMethodHasTheLossesOfOneProcess) {
  for (const auto& [name, tiny] : TinyMethods()) {
    SCOPED_TRACE(name);
    ExpectTheLossesOfOneProcess(OnNoise(tiny), at::kDouble, {2, 4}, 1e-9);
  }
}

// What ships. Two steps: the forward pass, and once through the exchange of
// gradients and the update. The longest sums of these models are of 64
// products, and a dozen of them follow one another: an error of 256 eps leaves
// each some 20 eps. AdamW moves a weight by lr * g / |g|, so a rounding r of a
// gradient moves the loss by at most 2 * lr * r for each weight, which is small
// beside the rounding of the loss itself. What comes after depends on the
// curvature, which nothing bounds.
TEST(TrainerProcessesTest, EveryMethodBeginsAsOneProcessInFloat) {
  for (const auto& [name, tiny] : TinyMethods()) {
    SCOPED_TRACE(name);
    ExpectTheLossesOfOneProcess(OnNoise(tiny, 2), at::kFloat, {4},
                                256 * std::numeric_limits<float>::epsilon());
  }
}

// Terms over the batch see the same images, part by part.
TEST(TrainerProcessesTest, APartOfABatchIsTheSameOnAnyNumberOfProcesses) {
  for (const char* name : {"mu_mae", "vicreg"}) {
    SCOPED_TRACE(name);
    Experiment experiment = OnNoise(TinyMethods().at(name));
    experiment.mutable_train()->set_accumulate_steps(2);
    ExpectTheLossesOfOneProcess(experiment, at::kDouble, {2}, 1e-9);
  }
}

TEST(TrainerProcessesTest, RefusesABatchThatCannotBeShared) {
  Experiment experiment = OnNoise(TinyMae());
  experiment.mutable_train()->set_batch_size(15);
  RunProcesses(2, [&](const Processes& all) {
    TrainerOptions options;
    options.processes = &all;
    EXPECT_EQ(Trainer::Create(experiment, options).status().message(),
              "train.batch_size: 15 is not a multiple of 2, the number of "
              "processes that share it");
  });
}

// Pairs that are mixed with each other stay in one process.
TEST(TrainerProcessesTest, RefusesABatchThatWouldPartPairs) {
  Experiment experiment = OnNoise(TinyMethods().at("classification_mixed"));
  experiment.mutable_train()->set_batch_size(6);
  RunProcesses(2, [&](const Processes& all) {
    TrainerOptions options;
    options.processes = &all;
    EXPECT_EQ(Trainer::Create(experiment, options).status().message(),
              "train.batch_size: 6 is not a multiple of 4: 2 processes, each "
              "with groups of 2 images that are mixed with each other");
  });
}

}  // namespace
}  // namespace caldera::ssl
