// Measures a run's classifier on the data set's test images.
//
//   auto row = EvaluateClassifierOfRun("fashion_mnist/finetune", experiment,
//                                      sets, *method.classifier(), device);
#ifndef CALDERA_SSL_TRAIN_LOOP_CLASSIFIER_EVALUATION_H_
#define CALDERA_SSL_TRAIN_LOOP_CLASSIFIER_EVALUATION_H_

#include <ATen/core/Tensor.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "eval/features/evaluation_sets.h"
#include "ssl/experiment/experiment.pb.h"
#include "vit/model/classifier.h"

namespace caldera::ssl {

// Returns the row of eval/classify.h under `name`. sets: for the test split,
// with labels. Returns the errors of EvaluateClassifier.
absl::StatusOr<nlohmann::json> EvaluateClassifierOfRun(
    const std::string& name, const Experiment& experiment,
    const eval::EvaluationSets& sets, vit::Classifier& classifier,
    const at::Device& device);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_LOOP_CLASSIFIER_EVALUATION_H_
