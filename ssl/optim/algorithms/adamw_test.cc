#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/cat.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "ssl/optim/optimizer_testing.h"
#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

// Writes out the update for one tensor (Loshchilov and Hutter, algorithm 2).
struct Reference {
  at::Tensor p, m, v;
  double decay;
  int t = 0;
  void Step(const at::Tensor& g, double lr) {
    ++t;
    p = p * (1 - lr * decay);
    m = 0.9 * m + 0.1 * g;
    v = 0.95 * v + 0.05 * g * g;
    const at::Tensor mhat = m / (1 - std::pow(0.9, t));
    const at::Tensor vhat = v / (1 - std::pow(0.95, t));
    p = p - lr * mhat / (vhat.sqrt() + 1e-8);
  }
};

TEST(AdamW, FollowsTheAlgorithmWithEveryGroupsRateAndDecay) {
  at::Tensor matrix = vit::Normal({3, 4}, 1).requires_grad_();
  at::Tensor vector = vit::Normal({5}, 2).requires_grad_();
  const auto optimizer = OptimizerOf(
      "adamw {}", {{"w", matrix, /*lr_scale=*/0.5, /*weight_decay=*/0.05},
                   {"b", vector, /*lr_scale=*/1, /*weight_decay=*/0}});
  Reference w{matrix.detach().clone(), matrix.detach() * 0, matrix.detach() * 0,
              0.05};
  Reference b{vector.detach().clone(), vector.detach() * 0, vector.detach() * 0,
              0};
  for (int step = 0; step < 5; ++step) {
    const double lr = 0.01 * (step + 1);
    const at::Tensor gw = vit::Normal({3, 4}, 10 + step);
    const at::Tensor gb = vit::Normal({5}, 20 + step);
    matrix.mutable_grad() = gw;
    vector.mutable_grad() = gb;
    optimizer->Step(lr);
    w.Step(gw, 0.5 * lr);
    b.Step(gb, lr);
    EXPECT_TRUE(at::allclose(matrix.detach(), w.p, 1e-12, 1e-12));
    EXPECT_TRUE(at::allclose(vector.detach(), b.p, 1e-12, 1e-12));
  }
}

// Uses tensors of very different sizes, fewer and more of them than threads.
TEST(AdamW, GivesTheSameBitsOnAnyNumberOfThreads) {
  const int before = at::get_num_threads();
  for (const std::vector<int64_t>& sizes :
       {std::vector<int64_t>{5000}, {1, 2, 20000, 3}, {0, 70, 70, 70, 9}}) {
    std::vector<at::Tensor> results;
    for (const int threads : {1, 2, 3, 8}) {
      at::set_num_threads(threads);
      std::vector<OptimizerParameter> parameters;
      for (size_t i = 0; i < sizes.size(); ++i) {
        parameters.push_back(
            {std::to_string(i),
             vit::Normal({sizes[i]}, i).to(at::kFloat).requires_grad_(),
             /*lr_scale=*/1, /*weight_decay=*/0.05});
      }
      const auto optimizer = OptimizerOf("adamw {}", parameters);
      for (int step = 0; step < 3; ++step) {
        for (size_t i = 0; i < sizes.size(); ++i) {
          parameters[i].tensor.mutable_grad() =
              vit::Normal({sizes[i]}, 100 * step + i).to(at::kFloat);
        }
        optimizer->Step(0.01);
      }
      std::vector<at::Tensor> flat;
      for (const auto& p : parameters) flat.push_back(p.tensor.detach());
      results.push_back(at::cat(flat));
      EXPECT_TRUE(results.back().equal(results[0])) << threads;
    }
  }
  at::set_num_threads(before);
}

}  // namespace
}  // namespace caldera::ssl
