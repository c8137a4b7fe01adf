// Measures a trained encoder beside two baselines: raw pixels, and the same
// encoder with random weights.
//
//   auto evaluation = FinalEvaluation::Open(experiment, splits, device);
//   ...                                                      // train
//   EvaluateRun("fashion_mnist/m_mae", experiment, *evaluation, encoder, emit,
//               missing);
//
// Open, before training, finds everything that can be wrong with sets and
// settings; afterwards a measurement that fails costs its rows.
#ifndef CALDERA_SSL_TRAIN_LOOP_FINAL_EVALUATION_H_
#define CALDERA_SSL_TRAIN_LOOP_FINAL_EVALUATION_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/program/missing.h"
#include "eval/evaluate.h"
#include "eval/features/evaluation_sets.h"
#include "eval/features/opened_splits.h"
#include "eval/spec/eval.pb.h"
#include "ssl/experiment/experiment.pb.h"
#include "vit/model/encoder.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

// Holds the images that an experiment is measured with.
class FinalEvaluation {
 public:
  // Returns the errors of eval::MakeEvaluationSets, and one for test images
  // that do not fit the encoder.
  static absl::StatusOr<FinalEvaluation> Open(const Experiment& experiment,
                                              const eval::OpenedSplits& splits,
                                              const at::Device& device);

  // The images; sets().no_labels says why no accuracy can be measured.
  const eval::EvaluationSets& sets() const { return sets_; }
  // Returns what will be left out, limited, or measured in another way.
  const std::vector<std::string>& notes() const { return notes_; }

  const at::Device& device() const { return device_; }

  // Emits the rows of eval/evaluate.h under `name`, for each feature that
  // `spec` reads, all from one pass over the images; without labels those of
  // eval/diagnose_encoder.h, with the split in their setting. `encoder` is on
  // the device; `spec` measures on the split for which this was opened.
  absl::Status Encoder(const std::string& name, vit::Encoder& encoder,
                       const eval::EvalSpec& spec, const eval::EmitRow& emit,
                       base::Missing& missing) const;

  // Does the same for an encoder of these sizes with the weights with which
  // training begins at `seed`.
  absl::Status RandomEncoder(const vit::EncoderSpec& encoder, uint64_t seed,
                             const eval::EvalSpec& spec,
                             const eval::EmitRow& emit,
                             base::Missing& missing) const;

  // Measures the images' own pixels; there are labels.
  void RawPixels(int64_t image_size, const eval::EvalSpec& spec,
                 const eval::EmitRow& emit, base::Missing& missing) const;

 private:
  FinalEvaluation(eval::EvaluationSets sets, const at::Device& device)
      : sets_(std::move(sets)), device_(device) {}

  eval::EvaluationSets sets_;
  std::vector<std::string> notes_;
  at::Device device_;
};

// Calls `emit` with each row as soon as it is measured, so that an interrupted
// evaluation keeps what is done. The rows are for `name`, for "random encoder"
// (the weights with which the run began) and, if there are labels, for "raw
// pixels".
absl::Status EvaluateRun(const std::string& name, const Experiment& experiment,
                         const FinalEvaluation& evaluation,
                         vit::Encoder& encoder, const eval::EmitRow& emit,
                         base::Missing& missing);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_LOOP_FINAL_EVALUATION_H_
