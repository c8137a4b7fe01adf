#include "ssl/train/step/train_step_testing.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <utility>

#include "ssl/objective/tiny_methods_testing.h"

namespace caldera::ssl {

TinyStep::TinyStep(const Experiment& experiment, at::ScalarType type,
                   const LearnerOptions& options, const at::Device& device) {
  TinyModel model(experiment);
  method = model.method;
  method->to(device, type);
  model.objective.module().to(device, type);
  method->train();
  const RunLength run{/*steps_per_epoch=*/10, /*total_steps=*/100,
                      experiment.train().batch_size()};
  learner = std::make_unique<Learner>(experiment, method,
                                      std::move(model.objective), run, options);
}

absl::StatusOr<StepResult> TinyStep::Run(const DeviceBatch& batch,
                                         int64_t number) {
  return TrainStep(*learner, batch, {/*seed=*/5, static_cast<uint64_t>(number)},
                   number,
                   /*with_diagnostics=*/true);
}

vit::StateDict TinyStep::State() const {
  vit::StateDict state;
  for (const auto& part :
       {learner->ModelState(), learner->optimizer->State()}) {
    for (const auto& [name, tensor] : part) {
      if (name != NonfiniteGuard::kState) state[name] = tensor.detach().clone();
    }
  }
  return state;
}

DeviceBatch TinyBatchOf(const Experiment& experiment, int64_t b,
                        at::ScalarType type) {
  DeviceBatch batch = TinyBatch(experiment, b);
  for (at::Tensor& view : batch.views) view = view.to(type);
  return batch;
}

void ExpectClose(const vit::StateDict& a, const vit::StateDict& b,
                 double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) {
    ASSERT_EQ(b.count(name), 1) << name;
    const at::Tensor difference =
        tensor.to(at::kDouble) - b.at(name).to(at::kDouble);
    EXPECT_LE(difference.abs().max().item<double>(), tolerance) << name;
  }
}

}  // namespace caldera::ssl
