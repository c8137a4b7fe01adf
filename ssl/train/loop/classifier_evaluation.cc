#include "ssl/train/loop/classifier_evaluation.h"

#include <glog/logging.h>

#include <algorithm>

#include "base/status.h"
#include "data/sets/open_dataset.h"
#include "eval/classify.h"

namespace caldera::ssl {

absl::StatusOr<std::optional<nlohmann::json>> EvaluateClassifierOfRun(
    const std::string& name, const Experiment& experiment,
    vit::Classifier& classifier, const at::Device& device) {
  ASSIGN_OR_RETURN(const auto trained, data::OpenDataset(experiment.data()));
  const data::DatasetInfo& info = trained->info();
  if (std::count(info.splits.begin(), info.splits.end(), data::Split::kTest) ==
      0) {
    LOG(INFO) << info.name << " has no test split: nothing is measured";
    return std::nullopt;
  }
  ASSIGN_OR_RETURN(const auto test,
                   data::OpenDataset(experiment.data(), data::Split::kTest));
  eval::ClassifyOptions options;
  options.batch_size = experiment.eval().batch_size();
  options.test_crop = experiment.classification().test_crop();
  options.device = device;
  return eval::EvaluateClassifier(name, classifier, test, options);
}

}  // namespace caldera::ssl
