// Opens, before step 0, everything that follows training: the splits, the
// images of pictures, the sets of the final evaluation. What cannot be measured
// is known then, and what was opened is used afterwards.
//
//   auto measurements = RunMeasurements::Open(experiment, trained,
//                                             /*evaluate=*/true, device);
//   for (const std::string& note : measurements->notes()) ...
//   ...                                                      // train
//   measurements->pictures()->Draw(method);
//
// Caveat: headers and labels are read here, and the few images of pictures. An
// image that turns out to be damaged later costs its rows
// (base/program/missing.h).
#ifndef CALDERA_SSL_TRAIN_LOOP_RUN_MEASUREMENTS_H_
#define CALDERA_SSL_TRAIN_LOOP_RUN_MEASUREMENTS_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/sets/dataset.h"
#include "eval/features/opened_splits.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/train/label_free/label_free_run.h"
#include "ssl/train/loop/final_evaluation.h"
#include "ssl/train/monitor/reconstruction_pictures.h"
#include "ssl/train/monitor/run_folder.h"

namespace caldera::ssl {

class RunMeasurements {
 public:
  // trained: the set that `experiment` trains on. With `evaluate` the errors
  // are those of FinalEvaluation::Open; without it there are none. Pictures
  // show test images, under eval.measured_on: VALIDATION those of the
  // validation split; if these are not there or cannot be read, they show
  // training images, or are left out. A note says why.
  static absl::StatusOr<RunMeasurements> Open(
      const Experiment& experiment,
      const std::shared_ptr<const data::Dataset>& trained, bool evaluate,
      const at::Device& device);

  const eval::OpenedSplits& splits() const { return splits_; }
  // None without `evaluate`.
  const std::optional<FinalEvaluation>& evaluation() const {
    return evaluation_;
  }
  // What is measured without labels, for train.label_free; null: nothing is.
  const std::shared_ptr<LabelFreeRun>& label_free() const {
    return label_free_;
  }
  // None if there is no image to draw.
  const std::optional<ReconstructionPictures>& pictures() const {
    return pictures_;
  }
  // Returns what will be left out or limited, and why, a line each.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  explicit RunMeasurements(eval::OpenedSplits splits)
      : splits_(std::move(splits)) {}

  void OpenLabelFree(const Experiment& experiment, const at::Device& device);
  void OpenPictures(const Experiment& experiment,
                    const eval::DatasetPointer& trained,
                    const at::Device& device);

  eval::OpenedSplits splits_;
  std::optional<FinalEvaluation> evaluation_;
  std::shared_ptr<LabelFreeRun> label_free_;
  std::optional<ReconstructionPictures> pictures_;
  std::vector<std::string> notes_;
};

// Checks that the files which follow training can be written and, with
// `evaluate`, that results.json can be added to. Errors name the file.
absl::Status CheckOutputs(const RunFolder& folder, bool evaluate);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_LOOP_RUN_MEASUREMENTS_H_
