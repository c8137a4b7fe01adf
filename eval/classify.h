// Measures the accuracy of a trained classifier, as a result row.
//
//   absl::StatusOr<nlohmann::json> row = EvaluateClassifier(
//       "fashion_mnist/finetune", classifier, sets, options);
//
// Images are unmasked and not augmented, and no path is dropped. The classifier
// returns to the mode it was in.
#ifndef CALDERA_EVAL_CLASSIFY_H_
#define CALDERA_EVAL_CLASSIFY_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "eval/features/evaluation_sets.h"
#include "vit/model/classifier.h"

namespace caldera::eval {

struct ClassifyOptions {
  int64_t batch_size = 512;
  // The short side is resized to image_size / test_crop, the centre cut out.
  double test_crop = 1;
  at::Device device = at::kCPU;  // where the classifier is
};

// Returns a row of task "classify" with top1 and top5 in percent over the
// labelled images of sets.test, and what was left out of them ("skipped",
// "unlabelled"). Images of a class that the classifier does not have count as
// wrong ("unseen"). sets.no_labels is empty. Errors: those of data::Loader and
// CheckFeatures, "test features: ..." for logits that are not finite.
absl::StatusOr<nlohmann::json> EvaluateClassifier(
    const std::string& name, vit::Classifier& classifier,
    const EvaluationSets& sets, const ClassifyOptions& options);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_CLASSIFY_H_
