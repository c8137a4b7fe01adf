// Draws what a masked autoencoder reconstructs of the same few images, at any
// time of a run.
//
//   auto pictures = ReconstructionPictures::Open(experiment, test_set, device);
//   std::optional<at::Tensor> picture = pictures->Draw(method);
//
// The masks are those of step 0, so that pictures of one run differ by the
// weights alone.
#ifndef CALDERA_SSL_TRAIN_MONITOR_RECONSTRUCTION_PICTURES_H_
#define CALDERA_SSL_TRAIN_MONITOR_RECONSTRUCTION_PICTURES_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "base/random_stream.h"
#include "data/sets/dataset.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/methods/method.h"

namespace caldera::ssl {

class ReconstructionPictures {
 public:
  // Reads the first images of `dataset`; under data.loader.on_bad_image: SKIP
  // the first that can be read. Returns the errors of data::Loader, and
  // DataLoss if none can.
  static absl::StatusOr<ReconstructionPictures> Open(
      const Experiment& experiment,
      const std::shared_ptr<const data::Dataset>& dataset,
      const at::Device& device);

  // Returns the picture of eval/figures/reconstruction_figure.h: uint8 [C, H',
  // W'] on the CPU; nullopt for methods that do not reconstruct. `method` is in
  // eval mode meanwhile; it keeps every weight and statistic, and no random
  // stream of the run advances.
  std::optional<at::Tensor> Draw(Method& method) const;

 private:
  ReconstructionPictures() = default;

  data::DatasetInfo info_;
  DeviceBatch batch_;
  base::Streams streams_;
  int64_t patch_size_ = 1;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_MONITOR_RECONSTRUCTION_PICTURES_H_
