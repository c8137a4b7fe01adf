// Times the parts of a probe: the encoder's bare forward pass, the extraction
// of features around it, and one epoch of 1 and of 20 linear heads, on images
// and on cached features: bazel run -c opt //eval:probe_benchmark
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <benchmark/benchmark.h>

#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "data/augment/normalize.h"
#include "data/sets/dataset.h"
#include "eval/features/features.h"
#include "eval/linear/cached_batches.h"
#include "eval/linear/encoded_batches.h"
#include "eval/linear/linear_heads.h"
#include "vit/model/initialization.h"

namespace caldera::eval {
namespace {

constexpr int64_t kImages = 4096, kBatch = 512, kClasses = 10;

// Fashion-MNIST's default encoder.
std::shared_ptr<vit::Encoder> Encoder() {
  vit::EncoderSpec spec;
  spec.set_image_size(28);
  spec.set_patch_size(7);
  spec.set_channels(1);
  spec.set_embed_dim(128);
  spec.set_depth(6);
  spec.set_num_heads(4);
  auto encoder = std::make_shared<vit::Encoder>(spec);
  vit::InitializeVit(*encoder, 0);
  encoder->eval();
  return encoder;
}

// A data set of noise in memory.
class Noise : public data::Dataset {
 public:
  Noise()
      : images_(at::randint(0, 256, {kImages, 1, 28, 28},
                            at::detail::createCPUGenerator(1), at::kByte)) {
    info_.num_classes = kClasses;
    info_.channels = 1;
    info_.height = info_.width = 28;
    info_.mean = info_.std = {0.5};
  }
  const data::DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return kImages; }
  absl::StatusOr<at::Tensor> Image(int64_t i) const override {
    return images_[i];
  }
  int64_t Label(int64_t i) const override { return i % kClasses; }
  const at::Tensor& images() const { return images_; }

 private:
  at::Tensor images_;  // uint8 [N, 1, 28, 28]
  data::DatasetInfo info_;
};

const std::vector<Readout> kReadouts = {{"mean", {5}, true}};

void BM_Forward(benchmark::State& state) {
  const at::NoGradGuard no_grad;
  const Noise noise;
  const auto encoder = Encoder();
  for (auto _ : state) {
    for (const at::Tensor& images : noise.images().split(kBatch)) {
      benchmark::DoNotOptimize(ReadFeatures(
          *encoder, data::Normalize(images, {0.5}, {0.5}), kReadouts));
    }
  }
}
BENCHMARK(BM_Forward)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_ExtractFeatures(benchmark::State& state) {
  const auto noise = std::make_shared<Noise>();
  const auto encoder = Encoder();
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        ExtractReadouts(*encoder, noise, kReadouts, ExtractOptions()));
  }
}
BENCHMARK(BM_ExtractFeatures)->Unit(benchmark::kMillisecond)->UseRealTime();

void Epoch(benchmark::State& state, const FeatureBatches& batches,
           int64_t width, int64_t classes, const std::string& optimizer) {
  HeadsOptions options;
  options.optimizer = optimizer;
  const std::vector<double> decays(state.range(0), 0);
  const std::vector<double> rates(state.range(0), 0.1);
  LinearHeads heads(width, classes, decays, options);
  for (auto _ : state) {
    for (int64_t i = 0; i < batches.steps_per_epoch; ++i) {
      const auto batch = batches.next();
      heads.Step(batch->features[0], batch->labels, rates);
    }
  }
}

void BM_EncodedHeads(benchmark::State& state) {
  const auto encoder = Encoder();
  ExtractOptions options;
  options.batch_size = kBatch;
  options.augment.emplace().mutable_random_resized_crop();
  const auto batches =
      EncodedBatches(*encoder, std::make_shared<Noise>(), kReadouts, options);
  Epoch(state, *batches, 128, kClasses, "LARS");
}
BENCHMARK(BM_EncodedHeads)
    ->ArgName("heads")
    ->Arg(1)
    ->Arg(20)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void BM_CachedHeads(benchmark::State& state) {
  constexpr int64_t kRows = 16384, kWidth = 192;
  auto generator = at::detail::createCPUGenerator(1);
  const int64_t classes = state.range(1);
  const LabelledFeatures train{
      at::randn({kRows, kWidth}, generator),
      at::randint(0, classes, {kRows}, generator, at::kLong)};
  std::vector<int64_t> rows(kRows);
  std::iota(rows.begin(), rows.end(), 0);
  Epoch(state, CachedBatches({train}, rows, /*batch_size=*/1024, /*seed=*/0),
        kWidth, classes, "LARS");
}
BENCHMARK(BM_CachedHeads)
    ->ArgNames({"heads", "classes"})
    ->Args({1, 10})
    ->Args({20, 10})
    ->Args({1, 100})
    ->Args({20, 100})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace caldera::eval

BENCHMARK_MAIN();
