// The same run on 1, 2 and 4 processes: every method, losses over 20 steps.
#include <ATen/ops/cat.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
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

constexpr int kSteps = 20;

Experiment OnTinyData(Experiment experiment, const std::string& data) {
  experiment.mutable_data()->set_dataset(data);
  if (experiment.data().view().empty()) {
    experiment.mutable_data()->mutable_augment()->set_horizontal_flip(0.5);
  }
  OptimizerSpec& optimizer = *experiment.mutable_optimizer();
  optimizer.set_base_lr(2e-3);
  optimizer.set_scale_lr_by_batch(false);
  TrainSpec& train = *experiment.mutable_train();
  train.set_steps(kSteps);
  train.set_batch_size(16);
  train.set_log_every_steps(1);
  return experiment;
}

// Trains `experiment` and returns the rows of metrics.jsonl.
std::vector<json> Train(const Experiment& experiment, int64_t processes,
                        const std::string& path) {
  RunProcesses(processes, [&](const Processes& all) {
    TrainerOptions options;
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
    for (const auto& [name, tensor] : (*trainer)->method().NamedState()) {
      const at::Tensor row = tensor.detach().reshape({1, -1});
      const at::Tensor rows = all.Gather(row);
      for (int64_t rank = 0; rank < all.size(); ++rank) {
        EXPECT_TRUE(rows[rank].equal(row[0])) << name << " of rank " << rank;
      }
    }
  });
  std::vector<json> rows;
  std::ifstream file(path + "/metrics.jsonl");
  for (std::string line; std::getline(file, line);) {
    rows.push_back(json::parse(line));
  }
  return rows;
}

void ExpectTheLossesOfOneProcess(const Experiment& experiment,
                                 const std::string& name,
                                 const std::vector<int64_t>& counts) {
  SCOPED_TRACE(name);
  // The first step differs by its rounding alone. Training makes more of that,
  // and how much differs from processor to processor: BatchNorm over features
  // that lie close together multiplies it by some tenfold in ten steps. In
  // double all agree to 1e-11 (train_step_processes_test.cc).
  const auto tolerance = [](int step) {
    return step == 0 ? 1e-6 : step < 3 ? 1e-5 : 1e-4;
  };
  const std::vector<json> alone =
      Train(experiment, 1, base::FreshFolder(name + "_1"));
  ASSERT_EQ(alone.size(), kSteps);
  for (const int64_t processes : counts) {
    SCOPED_TRACE(processes);
    const std::vector<json> rows =
        Train(experiment, processes,
              base::FreshFolder(name + "_" + std::to_string(processes)));
    ASSERT_EQ(rows.size(), kSteps);
    for (int step = 0; step < kSteps; ++step) {
      const double expected = alone[step]["loss"].get<double>();
      EXPECT_NEAR(rows[step]["loss"].get<double>(), expected,
                  tolerance(step) * std::abs(expected))
          << "step " << step;
    }
  }
}

TEST(TrainerProcessesTest, EveryMethodHasTheLossesOfOneProcess) {
  const std::string data = base::NewFolder("processes_data");
  data::WriteIdxSet(data, "train", 96, 8, 8);
  for (const auto& [name, tiny] : TinyMethods()) {
    ExpectTheLossesOfOneProcess(OnTinyData(tiny, data), name, {2, 4});
  }
}

// Terms over the batch see the same images, part by part.
TEST(TrainerProcessesTest, APartOfABatchIsTheSameOnAnyNumberOfProcesses) {
  const std::string data = base::NewFolder("parts_data");
  data::WriteIdxSet(data, "train", 96, 8, 8);
  for (const char* name : {"mu_mae", "vicreg"}) {
    Experiment experiment = OnTinyData(TinyMethods().at(name), data);
    experiment.mutable_train()->set_accumulate_steps(2);
    ExpectTheLossesOfOneProcess(experiment, std::string(name) + "_parts", {2});
  }
}

TEST(TrainerProcessesTest, RefusesABatchThatCannotBeShared) {
  const std::string data = base::NewFolder("uneven_data");
  data::WriteIdxSet(data, "train", 96, 8, 8);
  RunProcesses(2, [&](const Processes& all) {
    Experiment experiment = OnTinyData(TinyMae(), data);
    experiment.mutable_train()->set_batch_size(15);
    TrainerOptions options;
    options.processes = &all;
    EXPECT_EQ(Trainer::Create(experiment, options).status().message(),
              "train.batch_size: 15 is not a multiple of 2, the number of "
              "processes that share it");
  });
}

// Pairs that are mixed with each other stay in one process.
TEST(TrainerProcessesTest, RefusesABatchThatWouldPartPairs) {
  const std::string data = base::NewFolder("pairs_data");
  data::WriteIdxSet(data, "train", 96, 8, 8);
  RunProcesses(2, [&](const Processes& all) {
    Experiment experiment =
        OnTinyData(TinyMethods().at("classification_mixed"), data);
    experiment.mutable_train()->set_batch_size(6);
    TrainerOptions options;
    options.processes = &all;
    EXPECT_EQ(Trainer::Create(experiment, options).status().message(),
              "train.batch_size: 6 is not a multiple of 4: 2 processes, each "
              "with groups of 2 images that are mixed with each other");
  });
}

}  // namespace
}  // namespace caldera::ssl
