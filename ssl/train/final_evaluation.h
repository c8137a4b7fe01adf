#ifndef CALDERA_SSL_TRAIN_FINAL_EVALUATION_H_
#define CALDERA_SSL_TRAIN_FINAL_EVALUATION_H_

// What a trained encoder is worth, beside two floors: raw pixels, and the same
// encoder with random weights.
//
//   EvaluateRun("fashion_mnist/m_mae", experiment, encoder, device,
//               [&](const nlohmann::json& row) { return AppendResult(...); });
//
//   auto evaluation = FinalEvaluation::Open(experiment, device);
//   auto rows = evaluation->Encoder("m_mae", encoder, experiment.eval());

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/dataset.h"
#include "eval/eval.pb.h"
#include "eval/evaluate.h"
#include "eval/labelled_features.h"
#include "ssl/experiment.pb.h"
#include "vit/encoder.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

// The labelled images that an experiment is measured with.
class FinalEvaluation {
 public:
  // Errors: those of data::OpenDataset.
  static absl::StatusOr<FinalEvaluation> Open(const Experiment& experiment,
                                              const at::Device& device);

  // False where the data set has no labels, or no test split where that is what
  // is measured on.
  bool has_data() const { return train_ != nullptr; }

  // Rows of eval/evaluate.h under `name`. has_data() holds; `encoder` is on the
  // device; `spec` measures on the part for which this was opened.
  absl::StatusOr<std::vector<nlohmann::json>> Encoder(
      const std::string& name, vit::Encoder& encoder,
      const eval::EvalSpec& spec) const;

  // The same for an encoder of these sizes with the weights that training
  // begins with at `seed`.
  absl::StatusOr<std::vector<nlohmann::json>> RandomEncoder(
      const vit::EncoderSpec& encoder, uint64_t seed,
      const eval::EvalSpec& spec) const;

  absl::StatusOr<std::vector<nlohmann::json>> RawPixels(
      int64_t image_size, const eval::EvalSpec& spec) const;

 private:
  using DatasetPointer = std::shared_ptr<const data::Dataset>;
  using Extract = std::function<absl::StatusOr<eval::LabelledFeatures>(
      const DatasetPointer&)>;

  explicit FinalEvaluation(const at::Device& device) : device_(device) {}
  absl::StatusOr<std::vector<nlohmann::json>> Measure(
      const eval::FeatureName& name, const eval::EvalSpec& spec,
      const Extract& extract) const;

  DatasetPointer train_, test_;  // null: not needed, or none
  at::Device device_;
};

// Calls `emit` with each row as soon as it is measured: an interrupted
// evaluation keeps what is done. Rows are for `name`, for "random encoder" (the
// weights that the run began with) and for "raw pixels". No row where there is
// no data to measure with.
absl::Status EvaluateRun(
    const std::string& name, const Experiment& experiment,
    vit::Encoder& encoder, const at::Device& device,
    const std::function<absl::Status(const nlohmann::json&)>& emit);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_FINAL_EVALUATION_H_
