// Measures a trained encoder beside two baselines: raw pixels, and the same
// encoder with random weights.
//
//   EvaluateRun("fashion_mnist/m_mae", experiment, encoder, device,
//               [&](const nlohmann::json& row) { return AppendResult(...); });
//
//   auto evaluation = FinalEvaluation::Open(experiment, device);
//   evaluation->Encoder("m_mae", encoder, experiment.eval(), emit);
#ifndef CALDERA_SSL_TRAIN_LOOP_FINAL_EVALUATION_H_
#define CALDERA_SSL_TRAIN_LOOP_FINAL_EVALUATION_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "eval/evaluate.h"
#include "eval/features/evaluation_sets.h"
#include "eval/spec/eval.pb.h"
#include "ssl/experiment/experiment.pb.h"
#include "vit/model/encoder.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

// Holds the labelled images that an experiment is measured with.
class FinalEvaluation {
 public:
  // Returns the errors of data::OpenDataset and eval::MakeEvaluationSets.
  static absl::StatusOr<FinalEvaluation> Open(const Experiment& experiment,
                                              const at::Device& device);

  // Returns false if the data set has no labels, or no test split although the
  // experiment is measured on it.
  bool has_data() const { return sets_.train != nullptr; }

  // Emits the rows of eval/evaluate.h under `name`, for each feature that
  // `spec` reads, all from one pass over the images. has_data() is true;
  // `encoder` is on the device; `spec` measures on the split for which this was
  // opened.
  absl::Status Encoder(const std::string& name, vit::Encoder& encoder,
                       const eval::EvalSpec& spec,
                       const eval::EmitRow& emit) const;

  // Does the same for an encoder of these sizes with the weights with which
  // training begins at `seed`.
  absl::Status RandomEncoder(const vit::EncoderSpec& encoder, uint64_t seed,
                             const eval::EvalSpec& spec,
                             const eval::EmitRow& emit) const;

  absl::Status RawPixels(int64_t image_size, const eval::EvalSpec& spec,
                         const eval::EmitRow& emit) const;

 private:
  explicit FinalEvaluation(const at::Device& device) : device_(device) {}

  eval::EvaluationSets sets_;  // null: no labels, or no test split
  at::Device device_;
};

// Calls `emit` with each row as soon as it is measured, so that an interrupted
// evaluation keeps what is done. The rows are for `name`, for "random encoder"
// (the weights with which the run began) and for "raw pixels". Emits no row if
// there is no data to measure with.
absl::Status EvaluateRun(const std::string& name, const Experiment& experiment,
                         vit::Encoder& encoder, const at::Device& device,
                         const eval::EmitRow& emit);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_LOOP_FINAL_EVALUATION_H_
