// On a GPU, steps compute a CPU's numbers, a graph computes the bits of the
// steps from which it was recorded, and between logged steps the host waits for
// nothing.
//
//   ./bazelw test --config=cuda //ssl/train/step:cuda_step_graph_test
#include <ATen/Context.h>
#include <c10/cuda/CUDAFunctions.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>

#include "ssl/objective/tiny_methods_testing.h"
#include "ssl/train/step/step_graph.h"
#include "ssl/train/step/train_step.h"
#include "ssl/train/step/train_step_testing.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kSteps = 10, kBatch = 16;

DeviceBatch OnGpu(const Experiment& experiment, int64_t step) {
  at::manual_seed(static_cast<uint64_t>(step));
  DeviceBatch batch = TinyBatchOf(experiment, kBatch, at::kFloat);
  for (at::Tensor& view : batch.views) view = view.cuda();
  return batch;
}

class CudaStepGraphTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!at::hasCUDA() || c10::cuda::device_count() == 0) {
      GTEST_SKIP() << "no GPU";
    }
    at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/true);
    experiment_ = TinyMethods().at(GetParam());
    experiment_.mutable_train()->set_batch_size(kBatch);
    experiment_.mutable_optimizer()->set_clip_grad_norm(1);
  }
  Experiment experiment_;
};

INSTANTIATE_TEST_SUITE_P(Methods, CudaStepGraphTest,
                         testing::ValuesIn(TinyMethodNames()));

TEST_P(CudaStepGraphTest, StepsGiveACpusNumbers) {
  for (const auto precision : {TrainSpec::FP32, TrainSpec::BF16}) {
    SCOPED_TRACE(precision);
    const double tolerance = precision == TrainSpec::FP32 ? 1e-3 : 3e-2;
    experiment_.mutable_train()->set_precision(precision);
    TinyStep on_cpu(experiment_, at::kFloat, {}, at::kCPU);
    TinyStep on_gpu(experiment_, at::kFloat, {}, at::kCUDA);
    for (int64_t step = 0; step < 3; ++step) {
      at::manual_seed(static_cast<uint64_t>(step));
      const auto expected =
          on_cpu.Run(TinyBatchOf(experiment_, kBatch, at::kFloat), step);
      const auto got = on_gpu.Run(OnGpu(experiment_, step), step);
      ASSERT_TRUE(expected.ok() && got.ok()) << got.status();
      const auto loss = expected->loss.total.item<float>();
      EXPECT_NEAR(got->loss.total.item<float>(), loss,
                  tolerance * (1 + std::abs(loss)))
          << step;
    }
  }
}

TEST_P(CudaStepGraphTest, ReplaysTheBitsOfEagerSteps) {
  ASSERT_TRUE(StepGraphFactory());
  for (const auto precision : {TrainSpec::FP32, TrainSpec::BF16}) {
    for (const int parts : {1, 2}) {
      SCOPED_TRACE(parts);
      experiment_.mutable_train()->set_precision(precision);
      experiment_.mutable_train()->set_accumulate_steps(parts);
      LearnerOptions options;
      TinyStep eager(experiment_, at::kFloat, options, at::kCUDA);
      options.make_graph = StepGraphFactory();
      TinyStep replayed(experiment_, at::kFloat, options, at::kCUDA);
      for (int64_t step = 0; step < kSteps; ++step) {
        const DeviceBatch batch = OnGpu(experiment_, step);
        const auto expected = eager.Run(batch, step);
        const auto got = replayed.Run(batch, step);
        ASSERT_TRUE(expected.ok() && got.ok()) << got.status();
        EXPECT_EQ(got->loss.total.item<float>(),
                  expected->loss.total.item<float>());
        ASSERT_EQ(got->loss.diagnostics.size(),
                  expected->loss.diagnostics.size());
        EXPECT_TRUE(got->embedding.equal(expected->embedding));
      }
      ExpectClose(replayed.State(), eager.State(), 0);
    }
  }
}

TEST_P(CudaStepGraphTest, TheHostWaitsForNothingBetweenLogs) {
  for (const bool graph : {false, true}) {
    SCOPED_TRACE(graph);
    LearnerOptions options;
    options.on_nonfinite = OnNonfinite::kSkip;
    if (graph) options.make_graph = StepGraphFactory();
    TinyStep tiny(experiment_, at::kFloat, options, at::kCUDA);
    const DeviceBatch batch = OnGpu(experiment_, 0);
    for (int64_t step = 0; step < kSteps; ++step) {
      // The first steps set libraries up, and one step records.
      if (step == 5) {
        c10::cuda::warning_state().set_sync_debug_mode(
            c10::cuda::SyncDebugMode::L_ERROR);
      }
      const auto loss = TrainStep(*tiny.learner, batch,
                                  {5, static_cast<uint64_t>(step)}, step,
                                  /*with_diagnostics=*/false);
      EXPECT_TRUE(loss.ok()) << loss.status();
    }
    c10::cuda::warning_state().set_sync_debug_mode(
        c10::cuda::SyncDebugMode::L_DISABLED);
    EXPECT_TRUE(tiny.learner->CheckFinite().ok());
  }
}

}  // namespace
}  // namespace caldera::ssl
