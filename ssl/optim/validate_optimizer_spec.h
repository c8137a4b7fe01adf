// Refuses rates and decays that cannot train. The text of an error begins with
// the path of the field relative to the message.
//
//   absl::Status status = Validate(spec.optimizer());
//   // InvalidArgument: "base_lr: -1 is not in [0, 1000]"
#ifndef CALDERA_SSL_OPTIM_VALIDATE_OPTIMIZER_SPEC_H_
#define CALDERA_SSL_OPTIM_VALIDATE_OPTIMIZER_SPEC_H_

#include "absl/status/status.h"
#include "ssl/optim/optim.pb.h"

namespace caldera::ssl {

// Returns the first error of the fields of `spec`.
absl::Status Validate(const OptimizerSpec& spec);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_OPTIM_VALIDATE_OPTIMIZER_SPEC_H_
