// Turns an encoder and labelled images into result rows.
//
//   auto sets = MakeEvaluationSets(spec.measured_on(), train, test);
//   EvaluateEncoder("m_mae", encoder, *sets, spec, Tasks{}, device,
//                   [&](const nlohmann::json& row) { ... });
//
// All features that the spec reads come from one pass over the images, or from
// several where they do not fit into memory_gb together. All heads of a linear
// probe on augmented images train in one pass as well.
#ifndef CALDERA_EVAL_EVALUATE_ENCODER_H_
#define CALDERA_EVAL_EVALUATE_ENCODER_H_

#include <ATen/core/Tensor.h>

#include <string>

#include "absl/status/status.h"
#include "eval/evaluate.h"
#include "eval/features/evaluation_sets.h"
#include "eval/spec/eval.pb.h"
#include "vit/model/encoder.h"

namespace caldera::eval {

// Emits the rows of evaluate.h under `name`, feature by feature. A task that
// does not fit into memory_gb even with one feature at a time is left out with
// a warning. `encoder` is on `device`. Errors: those of ReadoutsOf, of reading
// images, of the tasks, and of `emit`.
absl::Status EvaluateEncoder(const std::string& name, vit::Encoder& encoder,
                             const EvaluationSets& sets, const EvalSpec& spec,
                             const Tasks& tasks, const at::Device& device,
                             const EmitRow& emit);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_EVALUATE_ENCODER_H_
