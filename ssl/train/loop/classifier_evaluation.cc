#include "ssl/train/loop/classifier_evaluation.h"

#include "eval/classify.h"

namespace caldera::ssl {

absl::StatusOr<nlohmann::json> EvaluateClassifierOfRun(
    const std::string& name, const Experiment& experiment,
    const eval::EvaluationSets& sets, vit::Classifier& classifier,
    const at::Device& device) {
  eval::ClassifyOptions options;
  options.batch_size = experiment.eval().batch_size();
  options.test_crop = experiment.classification().test_crop();
  options.device = device;
  return eval::EvaluateClassifier(name, classifier, sets, options);
}

}  // namespace caldera::ssl
