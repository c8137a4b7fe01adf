// Times k-NN of 10,000 against 50,000 features of width 192, and the bare
// matrix product of the same sizes: bazel run -c opt //eval/knn:knn_benchmark
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <benchmark/benchmark.h>

#include <algorithm>

#include "eval/knn/knn.h"

namespace caldera::eval {
namespace {

constexpr int64_t kTrain = 50000, kTest = 10000, kWidth = 192, kClasses = 100;

LabelledFeatures Random(int64_t rows, uint64_t seed) {
  auto generator = at::detail::createCPUGenerator(seed);
  return {at::randn({rows, kWidth}, generator),
          at::randint(0, kClasses, {rows}, generator, at::kLong)};
}

void BM_MatrixProduct(benchmark::State& state) {
  const at::Tensor train = Random(kTrain, 1).features;
  const at::Tensor test = Random(kTest, 2).features;
  constexpr int64_t kRows = 1024, kColumns = 4096;
  const at::Tensor buffer = at::empty({kRows * kColumns});
  for (auto _ : state) {
    for (int64_t n = 0; n < kTrain; n += kColumns) {
      const int64_t columns = std::min(kColumns, kTrain - n);
      for (int64_t m = 0; m < kTest; m += kRows) {
        const int64_t rows = std::min(kRows, kTest - m);
        at::Tensor scores =
            buffer.narrow(0, 0, rows * columns).view({rows, columns});
        at::mm_out(scores, test.narrow(0, m, rows),
                   train.narrow(0, n, columns).t());
      }
    }
  }
}
BENCHMARK(BM_MatrixProduct)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_Knn(benchmark::State& state) {
  const LabelledFeatures train = Random(kTrain, 1), test = Random(kTest, 2);
  KnnSpec spec;
  spec.add_k(state.range(0));
  spec.set_distance(state.range(1) ? KnnSpec::EUCLIDEAN : KnnSpec::COSINE);
  for (auto _ : state) {
    benchmark::DoNotOptimize(EvaluateKnn(train, test, kClasses, spec));
  }
}
BENCHMARK(BM_Knn)
    ->ArgNames({"k", "euclidean"})
    ->Args({10, 0})
    ->Args({200, 0})
    ->Args({10, 1})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace caldera::eval

BENCHMARK_MAIN();
