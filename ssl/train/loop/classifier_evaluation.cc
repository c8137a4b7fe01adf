#include "ssl/train/loop/classifier_evaluation.h"

#include <glog/logging.h>

#include <algorithm>

#include "data/sets/open_dataset.h"
#include "eval/classify.h"

namespace caldera::ssl {

absl::StatusOr<std::optional<nlohmann::json>> EvaluateClassifierOfRun(
    const std::string& name, const Experiment& experiment,
    vit::Classifier& classifier, const at::Device& device) {
  const auto trained = data::OpenDataset(experiment.data());
  if (!trained.ok()) return trained.status();
  const data::DatasetInfo& info = (*trained)->info();
  if (std::count(info.splits.begin(), info.splits.end(), data::Split::kTest) ==
      0) {
    LOG(INFO) << info.name << " has no test split: nothing is measured";
    return std::nullopt;
  }
  const auto test = data::OpenDataset(experiment.data(), data::Split::kTest);
  if (!test.ok()) return test.status();
  eval::ClassifyOptions options;
  options.batch_size = experiment.eval().batch_size();
  options.test_crop = experiment.classification().test_crop();
  options.device = device;
  auto row = eval::EvaluateClassifier(name, classifier, *test, options);
  if (!row.ok()) return row.status();
  return *std::move(row);
}

}  // namespace caldera::ssl
