// Compiles the examples of this room's front headers, word for word.
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/index_select.h>
#include <gtest/gtest.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "base/file_testing.h"
#include "eval/knn/knn.h"
#include "eval/linear/linear_probe.h"
#include "eval/results.h"

namespace caldera::eval {

// clang-format off

class Examples : public testing::Test {
 protected:
  // 40 features of ten classes that lie far apart.
  const at::Tensor train_labels = at::arange(40, at::kLong).remainder(10);
  const at::Tensor train_features =
      at::eye(10).index_select(0, train_labels) * 9;
  const at::Tensor test_labels = train_labels, test_features = train_features;
};

TEST_F(Examples, Knn) {
  // From eval/knn/knn.h:
  KnnSpec spec;  // k = 10, T = 0.07, cosine
  auto results = EvaluateKnn({train_features, train_labels},
                             {test_features, test_labels}, 10, spec);
  (*results)[0].top1;  // percent
  EXPECT_EQ((*results)[0].top1, 100);
}

TEST_F(Examples, LinearProbe) {
  // From eval/linear/linear_probe.h:
  auto result = EvaluateLinearProbe({train_features, train_labels},
                                    {test_features, test_labels}, 10,
                                    LinearProbeSpec());
  result->top1;  // test, percent
  EXPECT_EQ(result->top1, 100);
}

TEST_F(Examples, Results) {
  const std::string run_dir = base::NewFolder("run");
  // From eval/results.h:
  nlohmann::json row = {{"features", "mean"}, {"task", "k-NN"},
      {"setting", {{"k", 10}, {"temperature", 0.07}}}, {"top1", 84.2}};
  absl::Status status = AppendResult(run_dir + "/results.json", row);
  std::cout << ResultsTable({row});
  EXPECT_TRUE(status.ok()) << status;
}

// clang-format on

}  // namespace caldera::eval
