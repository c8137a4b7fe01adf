// Says in one sentence whether training helped, from two measurements of
// held-out images without labels.
//
//   const Verdict verdict = Judge("continuing", before, after);
//   verdict.sentence;  // "continuing helped: reconstruction error 0.31 ->
//                      //  0.27; effective rank 40 -> 55"
//
// The rule: training helped if the reconstruction error fell by at least 2 %
// and the effective rank kept at least 90 % of what it was; it helped the
// reconstruction only if the rank fell further, since the features then spread
// over fewer directions. Where nothing is reconstructed, it helped if the
// effective rank rose by at least 10 %. Otherwise it did not help.
//
// Caveat: neither number says how useful the features are for a task.
#ifndef CALDERA_SSL_TRAIN_LABEL_FREE_VERDICT_H_
#define CALDERA_SSL_TRAIN_LABEL_FREE_VERDICT_H_

#include <cstdint>
#include <optional>
#include <string>

namespace caldera::ssl {

// Of the same images, by the same masks and views.
struct LabelFreeMeasures {
  // The method's loss of held-out images; none: it predicts no pixels.
  std::optional<double> reconstruction;
  double effective_rank = 0;  // RankMe
  // (sum l)^2 / sum l^2 of the eigenvalues l of the covariance: the number of
  // dimensions that take part.
  double participation = 0;
  double alignment = 0, uniformity = 0;  // of two augmented views
  int64_t images = 0;
  int64_t skipped = 0;  // that could not be read
};

enum class Judgement { kHelped, kReconstructionOnly, kDidNotHelp };

struct Verdict {
  Judgement judgement;
  std::string sentence;
};

// what: "training", or "continuing" from start weights.
Verdict Judge(const std::string& what, const LabelFreeMeasures& before,
              const LabelFreeMeasures& after);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_LABEL_FREE_VERDICT_H_
