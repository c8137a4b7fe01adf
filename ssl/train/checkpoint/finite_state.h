#ifndef CALDERA_SSL_TRAIN_CHECKPOINT_FINITE_STATE_H_
#define CALDERA_SSL_TRAIN_CHECKPOINT_FINITE_STATE_H_

// Whether a state may be kept: numbers that are not finite would end every run
// that goes on from it.
//
//   absl::Status status = CheckFinite(copy.tensors());
//   // FailedPrecondition: "the tensor \"norm.weight\" is not finite"
//
// One thread, at the speed of memory: a checkpoint's writer runs beside a step
// that needs the others.

#include "absl/status/status.h"
#include "vit/state_dict.h"

namespace caldera::ssl {

// Tensors are contiguous and on the CPU. Whole numbers are always finite.
absl::Status CheckFinite(const vit::StateDict& state);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_CHECKPOINT_FINITE_STATE_H_
