// Keeps a loss or a gradient that is not finite away from the weights.
//
//   NonfiniteGuard guard(OnNonfinite::kSkip, device);
//   guard.SetStep(number);
//   at::Tensor skip = guard.Judge(loss, optimizer.GradNorm());
//   optimizer.Update(skip);           // nothing where it is 1
//   absl::Status status = guard.Check();  // now and then
//
// Judge waits for nothing, so that a GPU needs no host: the weights are safe in
// any case, and what happened is read by Check. All processes judge alike, as
// loss and gradients are those of all.
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
  kSkip,  // such steps are left out, unless kMostInARow follow each other
};

class NonfiniteGuard {
 public:
  static constexpr int64_t kMostInARow = 10;
  // The tensor of State().
  static constexpr char kState[] = "nonfinite.steps";

  NonfiniteGuard(OnNonfinite action, const at::Device& device);

  // The number of the step that Judge will see. Outside of a CUDA graph.
  void SetStep(int64_t number);

  // loss, grad_norm: scalars on the device. -> float [1], 1 where the step is
  // to be left out, 0 where not.
  at::Tensor Judge(const at::Tensor& loss, const at::Tensor& grad_norm);

  // What has been judged since the last Check. kStop: an Internal error that
  // names the step where one was not finite; kSkip: where kMostInARow were so
  // in a row. Waits for the device.
  absl::Status Check();

  // Steps left out since the run's beginning. Waits for the device.
  int64_t skipped() const;
  OnNonfinite action() const { return action_; }

  // Goes on with a resumed run.
  vit::StateDict State() const { return {{kState, counts_}}; }

 private:
  OnNonfinite action_;
  at::Tensor number_;  // int64 []
  // int64 [4]: steps left out; of these the last ones in a row; the most in a
  // row since the run's beginning; the last one's number.
  at::Tensor counts_;
  std::optional<int64_t> known_;  // steps left out, as of the last Check
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_STEP_NONFINITE_GUARD_H_
