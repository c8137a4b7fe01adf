// The training step of a spec: forward, backward, optimizer.
//
//   ./bazelw run //benchmarks:step_benchmark
//
// img/s for the Fashion-MNIST specs, beside the rate of a matrix product in the
// same process; the same step in eager PyTorch is pytorch_step.py, and
// compare_step.sh runs both in turn.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <benchmark/benchmark.h>
#include <glog/logging.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/batch.h"
#include "data/dataset.h"
#include "eval/command_line.h"
#include "ssl/methods/make_method.h"
#include "ssl/spec/load_experiment.h"
#include "ssl/train/device_batch.h"
#include "ssl/train/train_step.h"

namespace caldera {
namespace {

data::DatasetInfo FashionMnistLike() {
  data::DatasetInfo info;
  info.mean = {0.2860};
  info.std = {0.3530};
  return info;
}

data::Batch RandomBatch(const ssl::Experiment& experiment) {
  const int64_t b = experiment.train().batch_size();
  const vit::EncoderSpec& encoder = experiment.encoder();
  data::Batch batch;
  batch.views = {at::randint(
      0, 256,
      {b, encoder.channels(), encoder.image_size(), encoder.image_size()},
      at::kByte)};
  batch.index = at::arange(b, at::kLong);
  batch.labels = batch.index;
  return batch;
}

// The regularizer's window is opened for the whole run: its cost is in.
void Step(benchmark::State& state, const std::string& spec,
          const std::vector<std::string>& overrides) {
  auto experiment = ssl::LoadExperiment(spec, overrides);
  CHECK(experiment.ok()) << experiment.status();
  auto objective = ssl::Objective::Create(*experiment);
  CHECK(objective.ok()) << objective.status();
  auto method = ssl::MakeMethod(*experiment, objective->request());
  CHECK(method.ok()) << method.status();
  ssl::TrainStepOptions options;
  options.shards = ssl::ShardCount(at::kCPU);
  ssl::TrainStep train(*experiment, *method, *std::move(objective),
                       {1000, 100000, experiment->train().batch_size()},
                       options);
  const data::Batch batch = RandomBatch(*experiment);
  const data::DatasetInfo info = FashionMnistLike();
  int64_t step = 0;
  for (auto _ : state) {
    const auto loss = train.Run(ssl::ToDevice(batch, info, at::kCPU),
                                {0, static_cast<uint64_t>(step)}, step,
                                /*with_diagnostics=*/false);
    CHECK(loss.ok()) << loss.status();
    ++step;
  }
  state.counters["img/s"] = benchmark::Counter(
      static_cast<double>(step * experiment->train().batch_size()),
      benchmark::Counter::kIsRate);
}

BENCHMARK_CAPTURE(Step, mae, std::string("fashion_mnist/mae"),
                  std::vector<std::string>())
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(
    Step, m_mae, std::string("fashion_mnist/m_mae"),
    std::vector<std::string>({"regularizer.weight={constant: 1}"}))
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

// What the machine gives at best, in fp32.
void MatrixProduct(benchmark::State& state) {
  const int64_t n = 1024;
  const at::Tensor a = at::randn({n, n}), b = at::randn({n, n});
  for (auto _ : state) benchmark::DoNotOptimize(at::matmul(a, b));
  state.counters["FLOP/s"] = benchmark::Counter(
      2.0 * n * n * n, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(MatrixProduct)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace caldera

int main(int argc, char** argv) {
  caldera::eval::TuneProcess(argv);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
