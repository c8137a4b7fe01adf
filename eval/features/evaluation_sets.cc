#include "eval/features/evaluation_sets.h"

#include <ATen/TensorOperators.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "data/sets/subset.h"

namespace caldera::eval {
namespace {

constexpr int64_t kStride = 6;

absl::Status Refuse(const data::DatasetInfo& info, const std::string& part,
                    const std::string& what) {
  return absl::InvalidArgumentError(
      absl::StrCat(info.name, ", ", part, " images: ", what));
}

absl::Status Check(const data::Dataset& dataset, const std::string& part) {
  const data::DatasetInfo& info = dataset.info();
  if (info.num_classes < 1) {
    return Refuse(info, part,
                  "the set has no labels, which k-NN and the probe need");
  }
  if (dataset.size() == 0) return Refuse(info, part, "there are none");
  for (int64_t i = 0; i < dataset.size(); ++i) {
    const int64_t label = dataset.Label(i);
    if (label >= 0 && label < info.num_classes) continue;
    return Refuse(info, part,
                  absl::StrCat("label ", label, " of image ", i,
                               " is not between 0 and ", info.num_classes - 1,
                               "; take unlabelled images out of the set"));
  }
  return absl::OkStatus();
}

}  // namespace

at::Tensor HeldOut(const at::Tensor& index) {
  return index.remainder(kStride).eq(kStride - 1);
}

HeldOutRows HoldOutEvery(int64_t stride, int64_t n) {
  HeldOutRows rows;
  for (int64_t i = 0; i < n; ++i) {
    (i % stride == stride - 1 ? rows.held_out : rows.kept).push_back(i);
  }
  return rows;
}

absl::StatusOr<EvaluationSets> MakeEvaluationSets(EvalSpec::Part measured_on,
                                                  const DatasetPointer& train,
                                                  const DatasetPointer& test) {
  RETURN_IF_ERROR(Check(*train, "training"));
  const int64_t classes = train->info().num_classes;
  if (measured_on == EvalSpec::TEST) {
    RETURN_IF_ERROR(Check(*test, "test"));
    if (test->info().num_classes != classes) {
      return Refuse(
          test->info(), "test",
          absl::StrCat(test->info().num_classes,
                       " classes, but the training images have ", classes));
    }
    return EvaluationSets{train, test, classes};
  }
  if (train->size() < kStride) {
    return absl::InvalidArgumentError(absl::StrCat(
        "measured_on: VALIDATION holds out every ", kStride,
        "th training image, but there are only ", train->size(), "; use TEST"));
  }
  HeldOutRows rows = HoldOutEvery(kStride, train->size());
  return EvaluationSets{data::Subset(train, std::move(rows.kept)),
                        data::Subset(train, std::move(rows.held_out)), classes};
}

}  // namespace caldera::eval
