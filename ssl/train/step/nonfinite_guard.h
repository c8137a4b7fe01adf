// Keeps a loss or a gradient that is not finite away from the weights.
//
//   NonfiniteGuard guard(OnNonfinite::kSkip, device);
//   guard.SetStep(number);
//   at::Tensor skip = guard.Judge(loss, optimizer.GradNorm());
//   optimizer.Update(skip);               // updates nothing if skip is 1
//   absl::Status status = guard.Check();  // at intervals
//
// Judge waits for nothing, so a GPU needs no host: the weights are safe in any
// case, and Check reads what happened. All processes reach the same result,
// since loss and gradients are those of all.
#ifndef CALDERA_SSL_TRAIN_STEP_NONFINITE_GUARD_H_
#define CALDERA_SSL_TRAIN_STEP_NONFINITE_GUARD_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "vit/state_dict.h"

namespace caldera::ssl {

enum class OnNonfinite {
  kStop,  // the first such step is an error
  kSkip,  // such steps are skipped; kMostInARow in a row are an error
};

class NonfiniteGuard {
 public:
  static constexpr int64_t kMostInARow = 10;
  // The name of the tensor in State().
  static constexpr char kState[] = "nonfinite.steps";

  NonfiniteGuard(OnNonfinite action, const at::Device& device);

  // Sets the number of the step that Judge checks next. Call it outside of a
  // CUDA graph.
  void SetStep(int64_t number);

  // Checks `loss` and `grad_norm`, scalars on the device. Returns float [1]: 1
  // if the step is to be skipped, else 0.
  at::Tensor Judge(const at::Tensor& loss, const at::Tensor& grad_norm);

  // Returns the result since the last Check. kStop: an Internal error that
  // names the step if one was not finite; kSkip: one if kMostInARow steps in a
  // row were not. Waits for the device.
  absl::Status Check();

  // Returns the number of skipped steps since the beginning of the run. Waits
  // for the device.
  int64_t skipped() const;
  OnNonfinite action() const { return action_; }

  // Returns the counts, with which a resumed run goes on.
  vit::StateDict State() const { return {{kState, counts_}}; }

 private:
  OnNonfinite action_;
  at::Tensor number_;  // int64 []
  // int64 [4]: skipped steps; the last ones of these in a row; the most in a
  // row since the beginning of the run; the number of the last one.
  at::Tensor counts_;
  std::optional<int64_t> known_;  // skipped steps, as of the last Check
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_STEP_NONFINITE_GUARD_H_
