// Measures the manifold loss, forward and backward: ours, the authors'
// formulation (B x B x D expansion and autograd), and our four matrix products
// alone.
//
//   ./bazelw run //magma:manifold_loss_benchmark
//
// A row's name is implementation/B/D; peak_mb is the tensor memory above the
// inputs. The naive version runs where its expansion is below a GB (it
// allocates several of them).
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <malloc.h>

#include "benchmark/benchmark.h"
#include "magma/manifold_loss.h"
#include "magma/manifold_loss_reference.h"
#include "magma/peak_memory.h"

namespace caldera::magma {
namespace {

constexpr double kMegabyte = 1 << 20;
constexpr int64_t kNaiveLimit = int64_t{1} << 30;  // bytes of B x B x D

// Runs `step(x, y)`, with x and y [B, D] in fp32, and reports its peak memory.
template <typename Step>
void Measure(benchmark::State& state, Step step) {
  const int64_t batch = state.range(0), width = state.range(1);
  at::Tensor x = at::randn({batch, width}).requires_grad_();
  at::Tensor y = at::randn({batch, width}).requires_grad_();
  const auto run = [&] {
    step(x, y);
    x.mutable_grad().reset();
    y.mutable_grad().reset();
  };
  {
    PeakMemory memory;
    run();
    state.counters["peak_mb"] = memory.bytes() / kMegabyte;
  }
  for (auto _ : state) run();
}

void Ours(benchmark::State& state) {
  Measure(state, [](const at::Tensor& x, const at::Tensor& y) {
    ManifoldLoss(x, y, {}).backward();
  });
}

void Naive(benchmark::State& state) {
  Measure(state, [](const at::Tensor& x, const at::Tensor& y) {
    ManifoldLossReference(x, y, {}).backward();
  });
}

// Computes only X X^T, W Z, Z Z^T and T X.
void Products(benchmark::State& state) {
  Measure(state, [](const at::Tensor& x_leaf, const at::Tensor& y_leaf) {
    const at::Tensor x = x_leaf.detach(), y = y_leaf.detach();  // [B, D]
    const at::Tensor w = at::mm(x, x.t());                      // [B, B]
    benchmark::DoNotOptimize(at::mm(w, y).data_ptr());
    const at::Tensor t = at::mm(y, y.t());  // [B, B]
    benchmark::DoNotOptimize(at::mm(t, x).data_ptr());
  });
}

void Sizes(benchmark::internal::Benchmark* benchmark, int64_t limit) {
  for (const int64_t batch : {64, 256, 1024, 4096}) {
    for (const int64_t width : {128, 192, 768}) {
      if (batch * batch * width * 4 > limit) continue;
      benchmark->Args({batch, width});
    }
  }
  benchmark->UseRealTime()->Unit(benchmark::kMillisecond);
}

BENCHMARK(Products)->Apply([](auto* b) { Sizes(b, INT64_MAX); });
BENCHMARK(Ours)->Apply([](auto* b) { Sizes(b, INT64_MAX); });
BENCHMARK(Naive)->Apply([](auto* b) { Sizes(b, kNaiveLimit); });

}  // namespace
}  // namespace caldera::magma

int main(int argc, char** argv) {
  // glibc adjusts its thresholds to these values in a process that has freed
  // larger activations; without them the small sizes would measure page faults.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
