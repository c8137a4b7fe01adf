#include "ssl/train/step/nonfinite_guard.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include "absl/strings/str_cat.h"

namespace caldera::ssl {
namespace {

enum Counts { kSkipped, kInARow, kMost, kLast };

}  // namespace

NonfiniteGuard::NonfiniteGuard(OnNonfinite action, const at::Device& device)
    : action_(action),
      number_(at::zeros({}, at::TensorOptions(at::kLong).device(device))),
      counts_(at::zeros({4}, at::TensorOptions(at::kLong).device(device))) {}

void NonfiniteGuard::SetStep(int64_t number) {
  // A resumed run continues the counts; those it starts with are not its own.
  if (!known_.has_value()) known_ = skipped();
  number_.fill_(number);
}

at::Tensor NonfiniteGuard::Judge(const at::Tensor& loss,
                                 const at::Tensor& grad_norm) {
  const at::NoGradGuard no_grad;
  const at::Tensor finite =
      at::isfinite(loss).logical_and(at::isfinite(grad_norm));  // []
  const at::Tensor one = finite.logical_not().to(at::kLong);    // []
  const at::Tensor in_a_row = (counts_[kInARow] + 1) * one;
  counts_.copy_(at::stack({counts_[kSkipped] + one, in_a_row,
                           at::maximum(counts_[kMost], in_a_row),
                           at::where(one > 0, number_, counts_[kLast])}));
  return one.to(at::kFloat).view({1});
}

int64_t NonfiniteGuard::skipped() const {
  return counts_[kSkipped].item<int64_t>();
}

absl::Status NonfiniteGuard::Check() {
  const at::Tensor counts = counts_.cpu();
  const auto* count = counts.const_data_ptr<int64_t>();
  const int64_t before = known_.value_or(0);
  known_ = count[kSkipped];
  if (action_ == OnNonfinite::kStop && *known_ > before) {
    return absl::InternalError(absl::StrCat(
        "the loss or its gradient is not finite at step ", count[kLast]));
  }
  if (action_ == OnNonfinite::kSkip && count[kMost] >= kMostInARow) {
    return absl::InternalError(absl::StrCat(
        "the loss or its gradient was not finite in ", count[kMost],
        " steps in a row, the last of them ", count[kLast]));
  }
  return absl::OkStatus();
}

}  // namespace caldera::ssl
