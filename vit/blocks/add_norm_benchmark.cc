// Measures the residual sum and the norm that follows it on a GPU, forward and
// backward, in bfloat16: AddNorm and the operators that it replaces.
//
//   ./bazelw run --config=cuda //vit/blocks:add_norm_benchmark
//
// A row's name is implementation/rows/D: the tokens of table 3's encoder and
// decoder (ViT-B/16, batch 256, mask ratio 0.75). bytes_per_second counts the
// 28 bytes a number that AddNorm moves, for both.
#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <c10/cuda/CUDAFunctions.h>
#include <torch/csrc/autograd/autograd.h>

#include "benchmark/benchmark.h"
#include "vit/blocks/block.h"
#include "vit/ops/add_norm.h"

namespace caldera::vit {
namespace {

constexpr int kSteps = 20;  // between two waits for the device
constexpr int64_t kBytes = 28;

template <typename Run>
void Measure(benchmark::State& state, const Run& run) {
  if (!at::hasCUDA() || c10::cuda::device_count() == 0) {
    state.SkipWithError("no GPU");
    return;
  }
  const int64_t rows = state.range(0), dim = state.range(1);
  const auto options = at::device(at::kCUDA);
  const auto sixteen = options.dtype(at::kBFloat16);
  const at::Tensor x = at::randn({rows, dim}, options).requires_grad_();
  const at::Tensor branch = at::randn({rows, dim}, sixteen).requires_grad_();
  const at::Tensor up = at::randn({rows, dim}, sixteen);
  const at::Tensor up_sum = at::randn({rows, dim}, options);
  LayerNorm norm(dim);
  norm.to(at::kCUDA);
  const auto step = [&] {
    const AddNormOutput out = run(x, branch, norm);
    torch::autograd::grad({out.sum, out.normed},
                          {x, branch, norm.weight, norm.bias}, {up_sum, up});
  };
  for (int i = 0; i < kSteps; ++i) step();
  c10::cuda::device_synchronize();
  for (auto _ : state) {
    for (int i = 0; i < kSteps; ++i) step();
    c10::cuda::device_synchronize();
  }
  state.SetBytesProcessed(state.iterations() * kSteps * rows * dim * kBytes);
}

void Ours(benchmark::State& state) {
  Measure(state, [](const at::Tensor& x, const at::Tensor& branch,
                    const LayerNorm& norm) {
    return AddNorm(x, branch, norm, at::kBFloat16);
  });
}

void OneAfterTheOther(benchmark::State& state) {
  Measure(state, [](const at::Tensor& x, const at::Tensor& branch,
                    const LayerNorm& norm) {
    const at::Tensor sum = x + branch;
    return AddNormOutput{sum, norm.forward(sum).to(at::kBFloat16)};
  });
}

void Sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->Args({256 * 50, 768})
      ->Args({256 * 197, 512})
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

BENCHMARK(Ours)->Apply(Sizes);
BENCHMARK(OneAfterTheOther)->Apply(Sizes);

}  // namespace
}  // namespace caldera::vit

BENCHMARK_MAIN();
