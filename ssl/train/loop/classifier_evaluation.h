// Measures a run's classifier on the data set's test images.
//
//   auto row = EvaluateClassifierOfRun("fashion_mnist/finetune", experiment,
//                                      *method.classifier(), device);
//   if (row.ok() && row->has_value()) AppendResult(path, **row);
#ifndef CALDERA_SSL_TRAIN_LOOP_CLASSIFIER_EVALUATION_H_
#define CALDERA_SSL_TRAIN_LOOP_CLASSIFIER_EVALUATION_H_

#include <ATen/core/Tensor.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "ssl/experiment/experiment.pb.h"
#include "vit/model/classifier.h"

namespace caldera::ssl {

// Returns the row of eval/classify.h under `name`; nullopt if the set has no
// test split. Returns the errors of data::OpenDataset and EvaluateClassifier.
absl::StatusOr<std::optional<nlohmann::json>> EvaluateClassifierOfRun(
    const std::string& name, const Experiment& experiment,
    vit::Classifier& classifier, const at::Device& device);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_LOOP_CLASSIFIER_EVALUATION_H_
