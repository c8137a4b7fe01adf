// Images a second, on one core unless `workers` says otherwise: the bare
// transforms, and the loader by its number of workers.
//   OMP_NUM_THREADS=1 bazel run //data/loader:loader_benchmark
#include <ATen/ops/randint.h>
#include <benchmark/benchmark.h>
#include <glog/logging.h>

#include "base/spec_fields.h"
#include "data/augment/augment.h"
#include "data/augment/augment_on_device.h"
#include "data/loader/loader.h"
#include "data/sets/open_dataset.h"

namespace caldera::data {
namespace {

constexpr int64_t kBatch = 256;
constexpr const char* kFlip = "";
constexpr const char* kPaddedCrop = "random_crop {}";
constexpr const char* kResizedCrop = "random_resized_crop { min_scale: 0.2 }";
// One of SimCLR's two views.
constexpr const char* kSimclr =
    "random_resized_crop {} color_jitter { brightness: 0.8 contrast: 0.8 "
    "saturation: 0.8 hue: 0.2 } grayscale: 0.2 gaussian_blur {}";
// timm's fine-tuning.
constexpr const char* kRandAugment = "random_resized_crop {} rand_augment {}";

AugmentSpec Parse(const char* text) {
  AugmentSpec spec;
  CHECK(base::ParseSpec(text, &spec));
  return spec;
}

// `size` pixels square, of noise.
void BM_Transform(benchmark::State& state, const char* text, int64_t channels,
                  int64_t size) {
  const Augmentation augmentation(Parse(text));
  const at::Tensor images =
      at::randint(256, {512, channels, size, size}, at::kByte);
  int64_t i = 0;
  for (auto _ : state) {
    base::RandomStream stream = AugmentStream(1, i / 512, i % 512, 0);
    const AugmentPlan plan =
        DrawAugmentPlan(augmentation, size, size, {size}, stream);
    benchmark::DoNotOptimize(ApplyAugmentPlan(plan, images[i % 512], size));
    ++i;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(BM_Transform, flip_1x28, kFlip, 1, 28);
BENCHMARK_CAPTURE(BM_Transform, padded_crop_1x28, kPaddedCrop, 1, 28);
BENCHMARK_CAPTURE(BM_Transform, resized_crop_1x28, kResizedCrop, 1, 28);
BENCHMARK_CAPTURE(BM_Transform, flip_3x32, kFlip, 3, 32);
BENCHMARK_CAPTURE(BM_Transform, padded_crop_3x32, kPaddedCrop, 3, 32);
BENCHMARK_CAPTURE(BM_Transform, resized_crop_3x32, kResizedCrop, 3, 32);
BENCHMARK_CAPTURE(BM_Transform, simclr_view_3x32, kSimclr, 3, 32);
BENCHMARK_CAPTURE(BM_Transform, rand_augment_3x32, kRandAugment, 3, 32);

// The batched way, on the CPU: for comparison of results, not of speed.
void BM_OnDevice(benchmark::State& state) {
  const Augmentation augmentation(Parse(kResizedCrop));
  const at::Tensor images = at::randint(256, {kBatch, 3, 32, 32}, at::kByte);
  int64_t epoch = 0;
  for (auto _ : state) {
    std::vector<AugmentPlan> plans;
    for (int64_t i = 0; i < kBatch; ++i) {
      base::RandomStream stream = AugmentStream(1, epoch, i, 0);
      plans.push_back(DrawAugmentPlan(augmentation, 32, 32, {32}, stream));
    }
    benchmark::DoNotOptimize(AugmentOnDevice(plans, images, 32));
    ++epoch;
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(BM_OnDevice);

// Fashion-MNIST. Arguments: views a sample; workers.
void BM_Loader(benchmark::State& state, const char* text) {
  static const auto* dataset =
      new auto(OpenDataset("fashion_mnist", Split::kTrain));
  CHECK(dataset->ok()) << dataset->status();
  LoaderOptions options;
  options.batch_size = kBatch;
  options.image_size = 28;
  options.shuffle = options.drop_last = true;
  options.views.assign(state.range(0), Parse(text));
  options.workers = static_cast<int>(state.range(1));
  auto loader = Loader::Create(**dataset, options);
  CHECK(loader.ok()) << loader.status();
  for (auto _ : state) {
    auto batch = (*loader)->Next();
    CHECK(batch.ok()) << batch.status();
    benchmark::DoNotOptimize(*batch);
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK_CAPTURE(BM_Loader, flip, kFlip)
    ->ArgNames({"views", "workers"})
    ->ArgsProduct({{1}, {0, 1, 2}})
    ->UseRealTime();
BENCHMARK_CAPTURE(BM_Loader, resized_crop, kResizedCrop)
    ->ArgNames({"views", "workers"})
    ->ArgsProduct({{1, 2}, {0, 1, 2}})
    ->UseRealTime();

}  // namespace
}  // namespace caldera::data

BENCHMARK_MAIN();
