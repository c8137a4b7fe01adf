// Compares k-NN with the authors' numbers.
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "eval/knn/knn.h"
#include "tests/goldens/golden_files.h"

namespace caldera {
namespace {

void CheckKnnRun(const GoldenFile& file, const std::string& run,
                 at::ScalarType type, double tolerance) {
  SCOPED_TRACE(run);
  const bool euclidean = absl::StartsWith(run, "euclidean");
  const auto distance =
      euclidean ? eval::KnnSpec::EUCLIDEAN : eval::KnnSpec::COSINE;
  const int64_t k = file[run + ".neighbours"].size(1);
  const size_t at_t = run.find("_T");
  const double temperature =
      at_t == std::string::npos ? 0.07 : std::stod(run.substr(at_t + 2));
  const int64_t classes = file[run + ".scores"].size(1);

  const at::Tensor train = file["train_features"].to(type);
  const at::Tensor test = file["test_features"].to(type);
  const eval::KnnNeighbours neighbours =
      eval::NearestNeighbours(train, test, k, distance);
  EXPECT_TRUE(neighbours.index.equal(file[run + ".neighbours"]));
  EXPECT_LT(RelativeError(eval::KnnWeights(neighbours.similarity_or_distance,
                                           distance, temperature),
                          file[run + ".weights"]),
            tolerance);
  EXPECT_LT(RelativeError(eval::KnnScores(neighbours, file["train_targets"],
                                          classes, k, distance, temperature),
                          file[run + ".scores"]),
            tolerance);
  eval::KnnSpec spec;
  spec.add_k(static_cast<int32_t>(k));
  spec.add_temperature(temperature);
  spec.set_distance(distance);
  const auto results =
      eval::EvaluateKnn({train, file["train_targets"]},
                        {test, file["test_targets"]}, classes, spec);
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_DOUBLE_EQ((*results)[0].top1, file.Scalar(run + ".top1"));
  EXPECT_DOUBLE_EQ((*results)[0].top5, file.Scalar(run + ".top5"));
}

TEST(KnnGoldens, EveryRun) {
  int checked = 0;
  for (const GoldenFile& file : GoldenFamily("knn")) {
    for (const auto& [name, unused] : file.content().tensors) {
      absl::string_view run = name;
      if (!absl::ConsumeSuffix(&run, ".neighbours")) continue;
      CheckKnnRun(file, std::string(run), at::kDouble, 1e-9);
      CheckKnnRun(file, std::string(run), at::kFloat, 1e-6);
      ++checked;
    }
  }
  EXPECT_GT(checked, 0);
}

}  // namespace
}  // namespace caldera
