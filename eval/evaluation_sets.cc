#include "eval/evaluation_sets.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace caldera::eval {
namespace {

constexpr int64_t kStride = 6;

LabelledFeatures Rows(const LabelledFeatures& all, const at::Tensor& rows) {
  return {all.features.index_select(0, rows), all.labels.index_select(0, rows)};
}

}  // namespace

at::Tensor HeldOut(const at::Tensor& index) {
  return index.remainder(kStride) == kStride - 1;
}

absl::StatusOr<EvaluationSets> ExtractSets(EvalSpec::Part measured_on,
                                           const ExtractSplit& extract) {
  absl::StatusOr<LabelledFeatures> train = extract(data::Split::kTrain);
  if (!train.ok()) return train.status();
  if (measured_on == EvalSpec::TEST) {
    absl::StatusOr<LabelledFeatures> test = extract(data::Split::kTest);
    if (!test.ok()) return test.status();
    return EvaluationSets{*std::move(train), *std::move(test)};
  }
  const int64_t n = train->features.size(0);
  if (n < kStride) {
    return absl::InvalidArgumentError(absl::StrCat(
        "measured_on: VALIDATION holds out every ", kStride,
        "th training image, but there are only ", n, "; use TEST"));
  }
  const at::Tensor index = at::arange(n, at::kLong);
  const at::Tensor held_out = HeldOut(index);
  return EvaluationSets{Rows(*train, index.masked_select(~held_out)),
                        Rows(*train, index.masked_select(held_out))};
}

}  // namespace caldera::eval
