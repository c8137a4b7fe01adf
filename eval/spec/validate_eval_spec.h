// Refuses an EvalSpec whose values are out of range, before anything starts.
//
//   absl::Status status = caldera::eval::Validate(spec);
//   // INVALID_ARGUMENT: knn.k[0]: 0 is not at least 1
//
// Caveat: it checks only what depends on the message alone. knn.h and
// head_sweep.h, which have the features, check that k and batches do not exceed
// the training set; readout.h, which has the encoder, checks that a block
// exists.
#ifndef CALDERA_EVAL_SPEC_VALIDATE_EVAL_SPEC_H_
#define CALDERA_EVAL_SPEC_VALIDATE_EVAL_SPEC_H_

#include "absl/status/status.h"
#include "eval/spec/eval.pb.h"

namespace caldera::eval {

// Returns InvalidArgumentError "<field path relative to the message>: <what>"
// for the first field that is out of range or not finite, and OK otherwise.
absl::Status Validate(const EvalSpec& spec);
absl::Status Validate(const KnnSpec& spec);
absl::Status Validate(const LinearProbeSpec& spec);
absl::Status Validate(const HeadsSpec& spec);
absl::Status Validate(const DiagnosticsSpec& spec);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_SPEC_VALIDATE_EVAL_SPEC_H_
