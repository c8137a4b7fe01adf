#ifndef CALDERA_SSL_TRAIN_FINAL_EVALUATION_H_
#define CALDERA_SSL_TRAIN_FINAL_EVALUATION_H_

// What the trained encoder is worth, beside two floors measured in the same
// run: raw pixels, and the same encoder with random weights.
//
//   EvaluateRun("fashion_mnist/m_mae", experiment, encoder, device,
//               [&](const nlohmann::json& row) { return AppendResult(...); });

#include <ATen/core/Tensor.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/status.h"
#include "ssl/experiment.pb.h"
#include "vit/encoder.h"

namespace caldera::ssl {

// Calls `emit` with each row as soon as it is measured: an interrupted
// evaluation keeps what is done. Rows are those of eval/evaluate.h: k-NN and
// linear probe for `name`, for "random encoder" (the weights that the run began
// with) and for "raw pixels". No row where the data set has no labels or no
// test split.
absl::Status EvaluateRun(
    const std::string& name, const Experiment& experiment,
    vit::Encoder& encoder, const at::Device& device,
    const std::function<absl::Status(const nlohmann::json&)>& emit);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_FINAL_EVALUATION_H_
