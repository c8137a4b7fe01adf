// Weighted k-nearest-neighbour classification of frozen features, which
// measures a representation without training anything.
//
//   KnnSpec spec;  // k = 10, T = 0.07, cosine
//   auto results = EvaluateKnn({train_features, train_labels},
//                              {test_features, test_labels}, 10, spec);
//   (*results)[0].top1;  // percent
//
// Neighbours are found once, for the largest k; every k and T then costs a vote
// only. The weights are exp(cosine / T) or 1 / (distance + 1e-5), as in
// solo-learn (solo/utils/knn.py); the vote is summed in double.
//
// Caveats: the authors of MAGMA name neither distance nor T, so a row of
// results must: KnnResult carries both. As in solo-learn and in DINO's
// eval_knn.py, the best min(5, k) classes count for top5, and classes without a
// vote rank behind the others and count: where fewer than five classes got
// votes, they fill the list. Equal scores: the lower class number ranks first.
#ifndef CALDERA_EVAL_KNN_KNN_H_
#define CALDERA_EVAL_KNN_KNN_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "eval/features/labelled_features.h"
#include "eval/knn/nearest_neighbours.h"
#include "eval/spec/eval.pb.h"

namespace caldera::eval {

struct KnnResult {
  int64_t k;
  double temperature;    // 0 where the distance has none
  std::string distance;  // "cosine", "euclidean" or "centered cosine"
  double top1, top5;     // percent
};

// Returns the weight of each vote, double, in the shape of
// `similarity_or_distance`.
at::Tensor KnnWeights(const at::Tensor& similarity_or_distance,
                      KnnSpec::Distance distance, double temperature);

// Returns the vote of each test row's first `k` neighbours, [M, num_classes]
// double. `train_labels` [N] int64.
at::Tensor KnnScores(const KnnNeighbours& neighbours,
                     const at::Tensor& train_labels, int64_t num_classes,
                     int64_t k, KnnSpec::Distance distance, double temperature);

// Returns one result for each k and each temperature, k varying slowest
// (EUCLIDEAN has one for each k). Errors: InvalidArgumentError of
// Validate(KnnSpec) below "knn.", those of CheckTrainAndTest, and "knn.k[i]:
// ..." for more neighbours than training rows.
absl::StatusOr<std::vector<KnnResult>> EvaluateKnn(
    const LabelledFeatures& train, const LabelledFeatures& test,
    int64_t num_classes, const KnnSpec& spec);

// Returns the bytes that it holds beside float features of these numbers of
// rows.
int64_t KnnBytes(int64_t train, int64_t test, int64_t width,
                 int64_t num_classes, const KnnSpec& spec);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_KNN_KNN_H_
