#include "eval/knn/knn.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/zeros.h>
#include <glog/logging.h>

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/field_path.h"
#include "base/status.h"
#include "eval/features/class_rank.h"
#include "eval/spec/validate_eval_spec.h"

namespace caldera::eval {
namespace {

constexpr int64_t kDefaultK = 10;
constexpr double kDefaultTemperature = 0.07;
constexpr double kDistanceOffset = 1e-5;
// The class scores of a block, or its votes: 64 MiB of double.
constexpr int64_t kScoresAtATime = 1 << 23;

// Returns "centered cosine" for CENTERED_COSINE.
std::string NameOf(KnnSpec::Distance distance) {
  return absl::StrReplaceAll(
      absl::AsciiStrToLower(KnnSpec::Distance_Name(distance)), {{"_", " "}});
}

struct Hits {
  int64_t top1 = 0, top5 = 0;
};

// scores [R, C] double, labels [R]. Every class has a rank, with a vote or
// without; the best five count, or the best k where k is below 5.
Hits CountHits(const at::Tensor& scores, const at::Tensor& labels, int64_t k) {
  const at::Tensor rank = ClassRank(scores, labels);  // [R]
  return {rank.lt(1).sum().item<int64_t>(),
          rank.lt(std::min<int64_t>(5, k)).sum().item<int64_t>()};
}

KnnNeighbours Rows(const KnnNeighbours& all, int64_t first, int64_t rows) {
  return {all.index.narrow(0, first, rows),
          all.similarity_or_distance.narrow(0, first, rows)};
}

// Returns how many test rows vote at a time.
int64_t VotingRows(int64_t num_classes, int64_t k) {
  return std::max<int64_t>(1, kScoresAtATime / std::max(num_classes, k));
}

}  // namespace

at::Tensor KnnWeights(const at::Tensor& similarity_or_distance,
                      KnnSpec::Distance distance, double temperature) {
  const at::Tensor value = similarity_or_distance.to(at::kDouble);
  if (distance == KnnSpec::EUCLIDEAN) {
    return (value + kDistanceOffset).reciprocal_();
  }
  return at::exp(value / temperature);
}

at::Tensor KnnScores(const KnnNeighbours& neighbours,
                     const at::Tensor& train_labels, int64_t num_classes,
                     int64_t k, KnnSpec::Distance distance,
                     double temperature) {
  CHECK_LE(k, neighbours.index.size(1));
  const at::Tensor index = neighbours.index.narrow(1, 0, k);  // [M, k]
  const at::Tensor labels =
      at::index_select(train_labels.to(at::kCPU), 0, index.flatten())
          .view_as(index);  // [M, k]
  const at::Tensor weights =
      KnnWeights(neighbours.similarity_or_distance.narrow(1, 0, k), distance,
                 temperature);  // [M, k]
  return at::zeros({index.size(0), num_classes}, at::kDouble)
      .scatter_add_(1, labels, weights);  // [M, C]
}

absl::StatusOr<std::vector<KnnResult>> EvaluateKnn(
    const LabelledFeatures& train, const LabelledFeatures& test,
    int64_t num_classes, const KnnSpec& spec) {
  RETURN_IF_ERROR(base::Within("knn", Validate(spec)));
  RETURN_IF_ERROR(CheckTrainAndTest(train, test, num_classes));
  std::vector<int64_t> ks(spec.k().begin(), spec.k().end());
  if (ks.empty()) ks.push_back(kDefaultK);
  const int64_t train_rows = train.features.size(0);
  for (size_t i = 0; i < ks.size(); ++i) {
    if (ks[i] > train_rows) {
      return absl::InvalidArgumentError(
          absl::StrCat("knn.k[", i, "]: ", ks[i], " neighbours of only ",
                       train_rows, " training rows"));
    }
  }
  std::vector<double> temperatures(spec.temperature().begin(),
                                   spec.temperature().end());
  if (spec.distance() == KnnSpec::EUCLIDEAN) {
    temperatures = {0};
  } else if (temperatures.empty()) {
    temperatures.push_back(kDefaultTemperature);
  }

  const int64_t most_k = *std::max_element(ks.begin(), ks.end());
  const KnnNeighbours neighbours =
      NearestNeighbours(train.features, test.features, most_k, spec.distance());
  const at::Tensor train_labels = train.labels.to(at::kCPU);
  const at::Tensor test_labels = test.labels.to(at::kCPU);
  const int64_t test_rows = test_labels.size(0);
  const int64_t block = VotingRows(num_classes, most_k);
  std::vector<KnnResult> results;
  for (const int64_t k : ks) {
    for (const double temperature : temperatures) {
      Hits hits;
      for (int64_t first = 0; first < test_rows; first += block) {
        const int64_t rows = std::min(block, test_rows - first);
        const Hits some =
            CountHits(KnnScores(Rows(neighbours, first, rows), train_labels,
                                num_classes, k, spec.distance(), temperature),
                      test_labels.narrow(0, first, rows), k);
        hits.top1 += some.top1;
        hits.top5 += some.top5;
      }
      results.push_back({k, temperature, NameOf(spec.distance()),
                         100.0 * hits.top1 / test_rows,
                         100.0 * hits.top5 / test_rows});
    }
  }
  return results;
}

int64_t KnnBytes(int64_t train, int64_t test, int64_t width,
                 int64_t num_classes, const KnnSpec& spec) {
  int64_t k = spec.k_size() == 0 ? kDefaultK : 1;
  for (const int some : spec.k()) k = std::max<int64_t>(k, some);
  k = std::min(k, train);
  const int64_t rows = std::min(test, VotingRows(num_classes, k));
  // The votes' labels and weights, twice; scores, and their ranks.
  const int64_t voting = rows * (32 * k + 24 * num_classes);
  return std::max(
      NearestNeighboursBytes(train, test, width, k, spec.distance()),
      16 * k * test + voting);
}

}  // namespace caldera::eval
