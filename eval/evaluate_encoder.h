// Turns an encoder and labelled images into result rows.
//
//   auto sets = MakeEvaluationSets(OpenSplits(data), spec.measured_on());
//   base::Missing missing;
//   EvaluateEncoder("m_mae", encoder, *sets, spec, Tasks{}, device,
//                   [&](const nlohmann::json& row) { ... }, missing);
//
// All features that the spec reads come from one pass over the images, or from
// several where they do not fit into memory_gb together. All heads of a linear
// probe on augmented images train in one pass as well.
#ifndef CALDERA_EVAL_EVALUATE_ENCODER_H_
#define CALDERA_EVAL_EVALUATE_ENCODER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/status.h"
#include "base/program/missing.h"
#include "eval/evaluate.h"
#include "eval/features/evaluation_sets.h"
#include "eval/spec/eval.pb.h"
#include "vit/model/encoder.h"

namespace caldera::eval {

// Emits the rows of evaluate.h under `name`, feature by feature. A task that
// does not fit into memory_gb even with one feature at a time is left out with
// a warning. `encoder` is on `device`; sets.no_labels is empty. What fails (an
// image that cannot be read, features that are not finite, a row that cannot be
// kept) costs its rows and is noted in `missing`. Returns the errors of
// ReadoutsOf.
absl::Status EvaluateEncoder(const std::string& name, vit::Encoder& encoder,
                             const EvaluationSets& sets, const EvalSpec& spec,
                             const Tasks& tasks, const at::Device& device,
                             const EmitRow& emit, base::Missing& missing);

// Returns what the rows of these sets say was left out: {"skipped": 3,
// "unlabelled": 2}, of the images measured on ("train_skipped",
// "train_unlabelled" of those learned from), and how many are of classes that
// no training image has ("unseen"). It has no member for what is 0. *_rows:
// what was read.
nlohmann::json LeftOut(const EvaluationSets& sets, int64_t train_rows,
                       int64_t test_rows);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_EVALUATE_ENCODER_H_
