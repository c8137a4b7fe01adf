// Refuses an EvalSpec whose values are out of range, before anything starts.
//
//   absl::Status status = caldera::eval::Validate(spec);
//   // INVALID_ARGUMENT: knn.k[0]: 0 is not at least 1
//
// Caveat: only what the message alone can tell. That k and batches do not
// exceed the training set is checked where the features are (knn.h,
// head_sweep.h), that a block exists where the encoder is (readout.h).
#ifndef CALDERA_EVAL_SPEC_VALIDATE_EVAL_SPEC_H_
#define CALDERA_EVAL_SPEC_VALIDATE_EVAL_SPEC_H_

#include "absl/status/status.h"
#include "eval/spec/eval.pb.h"

namespace caldera::eval {

// InvalidArgumentError "<field path relative to the message>: <what>" for the
// first field that is out of range or not finite; OK otherwise.
absl::Status Validate(const EvalSpec& spec);
absl::Status Validate(const KnnSpec& spec);
absl::Status Validate(const LinearProbeSpec& spec);
absl::Status Validate(const HeadsSpec& spec);
absl::Status Validate(const DiagnosticsSpec& spec);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_SPEC_VALIDATE_EVAL_SPEC_H_
