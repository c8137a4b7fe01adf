// Measures held-out images without labels, at any time of a run.
//
//   ASSIGN_OR_RETURN(auto held_out, HeldOutMeasures::Open(experiment, splits,
//                                                         device));
//   ASSIGN_OR_RETURN(LabelFreeMeasures before, held_out.Measure(method));
//   ...                                                         // train
//   ASSIGN_OR_RETURN(LabelFreeMeasures after, held_out.Measure(method));
//
// Images, masks and augmented views are the same at each call, so that two
// measurements differ by the weights alone. The method is in eval mode
// meanwhile, and no random stream of the run advances.
//
// Caveats: the images of the reconstruction stay in memory, as bytes. Targets
// other than pixels have no reconstruction error here, since some of them
// change while a run learns.
#ifndef CALDERA_SSL_TRAIN_LABEL_FREE_HELD_OUT_MEASURES_H_
#define CALDERA_SSL_TRAIN_LABEL_FREE_HELD_OUT_MEASURES_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/loader/bad_images.h"
#include "data/loader/batch.h"
#include "data/sets/dataset.h"
#include "eval/features/features.h"
#include "eval/features/opened_splits.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/methods/method.h"
#include "ssl/train/label_free/verdict.h"

namespace caldera::ssl {

class HeldOutMeasures {
 public:
  // Takes up to train.label_free.images images, at even distances, of the
  // validation split; without one of the test split, or else of the training
  // images. Returns InvalidArgument for fewer than two that can be read,
  // beginning with "train.label_free: ", and the errors of data::FirstImages.
  static absl::StatusOr<HeldOutMeasures> Open(const Experiment& experiment,
                                              const eval::OpenedSplits& splits,
                                              const at::Device& device);

  // The split of the images: "validation", "test" or "train".
  const std::string& split() const { return split_; }

  // Returns an error where features are not finite.
  absl::StatusOr<LabelFreeMeasures> Measure(Method& method) const;

  // Draws the neighbours of a few images (eval/figures/neighbour_figure.h).
  absl::StatusOr<at::Tensor> DrawNeighbours(Method& method) const;

 private:
  HeldOutMeasures() = default;

  // Returns the features [N, D] of the images, as they are or augmented.
  absl::StatusOr<at::Tensor> Features(Method& method, bool augmented,
                                      uint64_t seed) const;
  double Reconstruction(Method& method) const;

  std::string split_;
  data::DatasetInfo info_;
  std::shared_ptr<const data::Dataset> images_;  // those that can be read
  data::Batch batch_;                            // the same, as bytes
  int64_t skipped_ = 0;
  uint64_t seed_ = 0;
  bool predicts_pixels_ = false;
  std::vector<eval::Readout> readout_;  // one
  eval::ExtractOptions extract_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_LABEL_FREE_HELD_OUT_MEASURES_H_
