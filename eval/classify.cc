#include "eval/classify.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <string>
#include <tuple>

#include "base/status.h"
#include "eval/evaluate_encoder.h"
#include "eval/features/features.h"
#include "eval/features/labelled_features.h"
#include "vit/vit.pb.h"

namespace caldera::eval {

absl::StatusOr<nlohmann::json> EvaluateClassifier(
    const std::string& name, vit::Classifier& classifier,
    const EvaluationSets& sets, const ClassifyOptions& options) {
  const bool cls = classifier.spec().pooling() == vit::ClassifierSpec::CLS;
  FeatureOptions extract{cls ? "cls" : "mean", options.batch_size,
                         options.device, options.test_crop, sets.test_bad};
  ASSIGN_OR_RETURN(auto test,
                   ExtractFeatures(classifier.encoder(), sets.test, extract));
  const at::NoGradGuard no_grad;
  test.features = classifier.Classify(test.features.to(options.device))
                      .logits.to(at::kCPU);  // [N, K]
  const int64_t classes = classifier.spec().num_classes();
  RETURN_IF_ERROR(CheckFeatures(test.features, "test"));

  const int64_t ranks = std::min<int64_t>(5, classes);
  const at::Tensor hits =
      std::get<1>(test.features.topk(ranks, 1))
          .eq(test.labels.unsqueeze(1))
          .to(at::kDouble);  // [N, ranks]: 1 where the label has that rank
  const auto percent = [&](int64_t best) {
    return 100 * hits.slice(1, 0, best).sum(1).mean().item<double>();
  };
  nlohmann::json setting = {{"feature", cls ? "cls" : "mean"},
                            {"masking", "none"}};
  if (options.test_crop < 1) setting["test_crop"] = options.test_crop;
  nlohmann::json row = {{"features", name},   {"task", "classify"},
                        {"setting", setting}, {"top1", percent(1)},
                        {"top5", percent(5)}, {"test_size", hits.size(0)}};
  nlohmann::json left_out =
      LeftOut(sets, sets.train->size(), test.labels.size(0));
  left_out.erase("train_unlabelled");  // it is of no matter here
  row.update(left_out);
  return row;
}

}  // namespace caldera::eval
