// The splits of a data set that measuring reads, opened once: before a run
// trains, and used after it.
//
//   const OpenedSplits splits = OpenSplits(spec.data());
//   if (splits.test == nullptr) ...  // splits.why_no_test
#ifndef CALDERA_EVAL_FEATURES_OPENED_SPLITS_H_
#define CALDERA_EVAL_FEATURES_OPENED_SPLITS_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "data/data.pb.h"
#include "data/sets/dataset.h"

namespace caldera::eval {

using DatasetPointer = std::shared_ptr<const data::Dataset>;

struct OpenedSplits {
  DatasetPointer train, test, validation;  // null: it is not there
  // Why: NotFound if the set has no such split, else the error of opening it.
  absl::Status why_no_train, why_no_test, why_no_validation;

  // Returns those that are there.
  std::vector<DatasetPointer> All() const;
};

// Opens train, test and validation, whichever there are. known: the split that
// spec.split() names if it is open already, or null.
OpenedSplits OpenSplits(const data::DataSpec& spec,
                        const DatasetPointer& known = nullptr);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_FEATURES_OPENED_SPLITS_H_
