// Measures a masked autoencoder's encoder and decoder, forward and backward.
//
//   OMP_WAIT_POLICY=passive ./bazelw run //vit/model:forward_backward_benchmark
//
// Prints img/s and `share`, the FLOP rate as a share of that of an fp32 matrix
// product: after every step the same process multiplies two 2048 x 2048
// matrices for a fifth of the step's time, so that other load on the machine
// slows both. `cpu_share` is the same by processor time: on a busy machine,
// read that one. A step's work is that of its matrix products and attention
// (vit/model/cost.h), without the optimizer. docs/performance.md says where the
// rest goes.
#include <ATen/TensorOperators.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <chrono>
#include <ctime>
#include <memory>

#include "vit/decoders/decoder_plan.h"
#include "vit/model/cost.h"
#include "vit/model/encoder.h"
#include "vit/model/initialization.h"

namespace caldera::vit {
namespace {

constexpr double kMaskRatio = 0.75;

struct Model {
  const char* name;
  int image_size, patch_size;
  int64_t batch;
  bool masked_only;
};

struct Seconds {
  double wall = 0, cpu = 0;  // cpu: of all threads together

  void operator+=(const Seconds& other) {
    wall += other.wall;
    cpu += other.cpu;
  }
};

class Stopwatch {
 public:
  Seconds Read() const {
    return {std::chrono::duration<double>(Clock::now() - start_).count(),
            static_cast<double>(std::clock() - cpu_start_) / CLOCKS_PER_SEC};
  }

 private:
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start_ = Clock::now();
  const std::clock_t cpu_start_ = std::clock();
};

void ForwardBackward(benchmark::State& state, const Model& model) {
  EncoderSpec spec;
  spec.set_model(model.name);
  spec.set_image_size(model.image_size);
  spec.set_patch_size(model.patch_size);
  const auto encoder = std::make_shared<Encoder>(spec);
  DecoderSpec decoder_spec;  // MAE's, 512 x 8
  decoder_spec.set_masked_only(model.masked_only);
  const DecoderSizes sizes = {encoder->spec().embed_dim(), encoder->grid(),
                              int64_t{3} * model.patch_size * model.patch_size,
                              true};
  const auto plan = *PlanDecoder(decoder_spec);
  const auto decoder = plan->Build(sizes);
  InitializeVit(*encoder, 0);
  InitializeVit(*decoder, 0);
  const int64_t patches = encoder->num_patches();
  const auto visible = static_cast<int64_t>(patches * (1 - kMaskRatio));
  const at::Tensor images =
      at::randn({model.batch, 3, model.image_size, model.image_size});
  const at::Tensor shuffle =
      at::argsort(at::rand({model.batch, patches}), /*stable=*/true, /*dim=*/1);
  const at::Tensor keep = shuffle.slice(1, 0, visible).contiguous();
  const at::Tensor restore = at::argsort(shuffle, /*stable=*/true, /*dim=*/1);
  const auto step = [&] {
    encoder->zero_grad();
    decoder->zero_grad();
    decoder->Decode({encoder->forward(images, keep).tokens, restore})
        .prediction.pow(2)
        .mean()
        .backward();
  };

  constexpr int64_t kSide = 2048;
  constexpr double kProductFlop = 2.0 * kSide * kSide * kSide;
  const at::Tensor a = at::randn({kSide, kSide}), b = at::randn({kSide, kSide});
  step();
  at::matmul(a, b);
  Seconds steps_took, products_took;
  double products = 0;
  for (auto _ : state) {
    const Stopwatch watch;
    step();
    const Seconds took = watch.Read();
    state.SetIterationTime(took.wall);
    steps_took += took;
    const Stopwatch product_watch;
    do {
      benchmark::DoNotOptimize(at::matmul(a, b));
      ++products;
    } while (product_watch.Read().wall < took.wall / 5);
    products_took += product_watch.Read();
  }
  const auto images_done =
      static_cast<double>(state.iterations() * model.batch);
  const Cost cost =
      EncoderCost(encoder->spec(), visible) + plan->CostOf(sizes, visible);
  const double work_ratio = static_cast<double>(cost.flop()) * images_done /
                            (kProductFlop * products);
  state.counters["img/s"] = images_done / steps_took.wall;
  state.counters["product_GF/s"] =
      kProductFlop * products / products_took.wall / 1e9;
  state.counters["share"] = work_ratio * products_took.wall / steps_took.wall;
  state.counters["cpu_share"] = work_ratio * products_took.cpu / steps_took.cpu;
}

#define CALDERA_BENCHMARK_MODEL(name, ...)                    \
  BENCHMARK_CAPTURE(ForwardBackward, name, Model __VA_ARGS__) \
      ->Unit(benchmark::kMillisecond)                         \
      ->UseManualTime()
CALDERA_BENCHMARK_MODEL(tiny_patch4_32px, {"vit_tiny", 32, 4, 64, false});
CALDERA_BENCHMARK_MODEL(tiny_patch4_32px_masked_only,
                        {"vit_tiny", 32, 4, 64, true});
CALDERA_BENCHMARK_MODEL(base_patch16_224px, {"vit_base", 224, 16, 8, false});
CALDERA_BENCHMARK_MODEL(base_patch16_224px_masked_only,
                        {"vit_base", 224, 16, 8, true});
#undef CALDERA_BENCHMARK_MODEL

}  // namespace
}  // namespace caldera::vit

int main(int argc, char** argv) {
  // As in our programs, freed memory is kept for the next step.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 64 << 20);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
