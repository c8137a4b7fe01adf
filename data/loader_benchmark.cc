// Images a second on Fashion-MNIST: the bare transform, and the loader by its
// number of workers.
//   bazel run //data:loader_benchmark
#include <benchmark/benchmark.h>
#include <glog/logging.h>

#include "data/augment.h"
#include "data/loader.h"
#include "data/open_dataset.h"

namespace caldera::data {
namespace {

constexpr int64_t kBatch = 256;

std::shared_ptr<const Dataset> FashionMnist() {
  static const auto* dataset =
      new auto(OpenDataset("fashion_mnist", Split::kTrain));
  CHECK(dataset->ok()) << dataset->status();
  return **dataset;
}

AugmentSpec Spec(bool crop) {
  AugmentSpec spec;
  if (crop) spec.mutable_random_resized_crop()->set_min_scale(0.2);
  return spec;
}

// Argument: crop as well as flip.
void BM_Transform(benchmark::State& state) {
  const auto dataset = FashionMnist();
  const AugmentSpec spec = Spec(state.range(0) != 0);
  int64_t i = 0;
  for (auto _ : state) {
    const at::Tensor image = *dataset->Image(i);
    RandomStream stream(1, "augment", 0, i);
    const AugmentPlan plan = DrawAugmentPlan(spec, 28, 28, stream);
    benchmark::DoNotOptimize(
        ApplyAugmentPlan(plan, RandomResizedCropSpec::BICUBIC, image, 28));
    i = (i + 1) % dataset->size();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Transform)->ArgName("crop")->Arg(0)->Arg(1);

// Arguments: crop as well as flip; workers.
void BM_Loader(benchmark::State& state) {
  LoaderOptions options;
  options.batch_size = kBatch;
  options.image_size = 28;
  options.shuffle = options.drop_last = true;
  options.augment = Spec(state.range(0) != 0);
  options.workers = static_cast<int>(state.range(1));
  auto loader = Loader::Create(FashionMnist(), options);
  CHECK(loader.ok()) << loader.status();
  for (auto _ : state) {
    auto batch = (*loader)->Next();
    CHECK(batch.ok()) << batch.status();
    benchmark::DoNotOptimize(*batch);
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(BM_Loader)
    ->ArgNames({"crop", "workers"})
    ->ArgsProduct({{0, 1}, {0, 1, 2}})
    ->UseRealTime();

}  // namespace
}  // namespace caldera::data

BENCHMARK_MAIN();
