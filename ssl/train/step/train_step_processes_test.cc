// Accumulation and steps that are not finite, with two processes.
#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <vector>

#include "ssl/distributed/gather.h"
#include "ssl/distributed/processes.h"
#include "ssl/distributed/processes_testing.h"
#include "ssl/objective/tiny_methods_testing.h"
#include "ssl/optim/algorithms/sgd.pb.h"
#include "ssl/train/step/train_step.h"
#include "ssl/train/step/train_step_testing.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kBatch = 16;

Experiment InParts(const std::string& method, int parts) {
  Experiment experiment = TinyMethods().at(method);
  experiment.mutable_optimizer()->MutableExtension(sgd);
  experiment.mutable_optimizer()->set_base_lr(0.1);
  experiment.mutable_optimizer()->set_scale_lr_by_batch(false);
  experiment.mutable_train()->set_accumulate_steps(parts);
  return experiment;
}

LearnerOptions With(const Processes& all) {
  LearnerOptions options;
  options.processes = &all;
  return options;
}

// Returns the rank rows of this process, as the loader returns them.
DeviceBatch Own(const DeviceBatch& batch, int64_t parts, const Processes& all) {
  const int64_t rows = kBatch / parts / all.size();
  std::vector<DeviceBatch> mine;
  for (int64_t k = 0; k < parts; ++k) {
    const int64_t begin = k * kBatch / parts + all.rank() * rows;
    mine.push_back(SliceBatch(batch, begin, begin + rows));
  }
  DeviceBatch own = mine[0];
  for (size_t v = 0; v < own.views.size(); ++v) {
    std::vector<at::Tensor> views;
    for (const DeviceBatch& part : mine) views.push_back(part.views[v]);
    own.views[v] = at::cat(views);
  }
  std::vector<at::Tensor> index;
  for (const DeviceBatch& part : mine) index.push_back(part.index);
  own.index = at::cat(index);
  return own;
}

DeviceBatch SameBatch(const Experiment& experiment) {
  at::manual_seed(7);
  return TinyBatchOf(experiment, kBatch, at::kDouble);
}

// Of the weights, not the loss alone (trainer_processes_test.cc): heads
// normalise by the images of both processes, losses count shares of a batch.
TEST(TrainStepProcesses, TakesTheStepsOfOneProcessInDouble) {
  RunProcesses(2, [](const Processes& all) {
    for (const std::string& method : TinyMethodNames()) {
      SCOPED_TRACE(method);
      Experiment experiment = InParts(method, 1);
      experiment.clear_regularizer();
      experiment.mutable_optimizer()->set_base_lr(0.01);
      const DeviceBatch batch = SameBatch(experiment);
      TinyStep whole(experiment, at::kDouble);
      TinyStep shared(experiment, at::kDouble, With(all));
      shared.method->set_gather(
          [&all](const at::Tensor& rows) { return GatherRows(rows, all); });
      for (int64_t step = 0; step < 3; ++step) {
        const auto expected = whole.Run(batch, step);
        const auto got = shared.Run(Own(batch, 1, all), step);
        ASSERT_TRUE(expected.ok() && got.ok()) << got.status();
      }
      ExpectClose(shared.State(), whole.State(), 1e-11);
    }
  });
}

// What ships. SGD's step is the gradient: a sum of at most 64 products follows
// another a dozen times on the way to it, each a few eps of the largest.
TEST(TrainStepProcesses, TakesTheFirstStepOfOneProcessInFloat) {
  constexpr double kEps = std::numeric_limits<float>::epsilon();
  RunProcesses(2, [](const Processes& all) {
    for (const std::string& method : TinyMethodNames()) {
      SCOPED_TRACE(method);
      Experiment experiment = InParts(method, 1);
      experiment.clear_regularizer();
      at::manual_seed(7);
      const DeviceBatch batch = TinyBatchOf(experiment, kBatch, at::kFloat);
      TinyStep whole(experiment, at::kFloat);
      TinyStep shared(experiment, at::kFloat, With(all));
      shared.method->set_gather(
          [&all](const at::Tensor& rows) { return GatherRows(rows, all); });
      const vit::StateDict before = whole.State();
      const auto expected = whole.Run(batch, 0);
      const auto got = shared.Run(Own(batch, 1, all), 0);
      ASSERT_TRUE(expected.ok() && got.ok()) << got.status();
      double step = 0, size = 0;
      for (const auto& [name, tensor] : whole.State()) {
        if (before.count(name) == 0) continue;
        step = std::max(step,
                        (tensor - before.at(name)).abs().max().item<double>());
        size = std::max(size, tensor.abs().max().item<double>());
      }
      EXPECT_GT(step, 1e-4);
      ExpectClose(shared.State(), whole.State(),
                  256 * kEps * step + 2 * kEps * size);
    }
  });
}

TEST(TrainStepProcesses, AccumulatesTheStepOfOneProcess) {
  RunProcesses(2, [](const Processes& all) {
    for (const char* method : {"mae", "mae_ema_features"}) {
      for (const int parts : {1, 4}) {
        SCOPED_TRACE(method);
        const Experiment experiment = InParts(method, parts);
        const DeviceBatch batch = SameBatch(experiment);
        TinyStep whole(InParts(method, 1), at::kDouble);
        TinyStep shared(experiment, at::kDouble, With(all));
        for (int64_t step = 0; step < 3; ++step) {
          const auto expected = whole.Run(batch, step);
          const auto got = shared.Run(Own(batch, parts, all), step);
          ASSERT_TRUE(expected.ok() && got.ok()) << got.status();
          EXPECT_NEAR(got->loss.total.item<double>(),
                      expected->loss.total.item<double>(), 1e-12);
        }
        ExpectClose(shared.State(), whole.State(), 1e-11);
      }
    }
  });
}

// Gradients are exchanged once a step, however many microbatches it has.
TEST(TrainStepProcesses, ExchangesGradientsOnce) {
  RunProcesses(2, [](const Processes& all) {
    std::vector<uint64_t> exchanges;
    for (const int parts : {1, 4}) {
      const Experiment experiment = InParts("mae", parts);
      const DeviceBatch own = Own(SameBatch(experiment), parts, all);
      TinyStep tiny(experiment, at::kDouble, With(all));
      // The first step also agrees on buckets.
      for (int64_t step = 0; step < 2; ++step) {
        ASSERT_TRUE(tiny.Run(own, step).ok());
      }
      const uint64_t before = all.group()->getSequenceNumberForGroup();
      ASSERT_TRUE(tiny.Run(own, 2).ok());
      exchanges.push_back(all.group()->getSequenceNumberForGroup() - before);
    }
    EXPECT_GT(exchanges[0], 0);
    EXPECT_EQ(exchanges[1], exchanges[0]);
  });
}

// All processes skip a step that one of them finds not finite.
TEST(TrainStepProcesses, SkipTogether) {
  RunProcesses(2, [](const Processes& all) {
    for (const char* method : {"mae", "vicreg"}) {
      SCOPED_TRACE(method);
      const Experiment experiment = InParts(method, 2);
      LearnerOptions options = With(all);
      options.on_nonfinite = OnNonfinite::kSkip;
      TinyStep tiny(experiment, at::kDouble, options);
      tiny.method->set_gather(
          [&](const at::Tensor& rows) { return GatherRows(rows, all); });
      DeviceBatch own = Own(SameBatch(experiment), 2, all);
      ASSERT_TRUE(tiny.Run(own, 0).ok());
      const vit::StateDict before = tiny.State();
      if (all.rank() == 1) {
        own.views[0] = own.views[0] * std::numeric_limits<double>::quiet_NaN();
      }
      const auto skipped = tiny.Run(own, 1);
      ASSERT_TRUE(skipped.ok()) << skipped.status();
      EXPECT_EQ(skipped->loss.diagnostics.back().first, "skipped");
      EXPECT_EQ(skipped->loss.diagnostics.back().second, 1);
      ExpectClose(tiny.State(), before, 0);
    }
  });
}

}  // namespace
}  // namespace caldera::ssl
