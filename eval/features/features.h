// Runs a data set through a frozen encoder: [N, D] features with their labels.
//
//   FeatureOptions options{"mean", /*batch_size=*/512, device};
//   absl::StatusOr<LabelledFeatures> train =
//       ExtractFeatures(*encoder, train_set, options);
//
//   // Several features from one pass over the images:
//   auto both = ExtractReadouts(*encoder, train_set, readouts, {});
//
// All patches are visible and the encoder is in eval mode: no mask, no drop
// path. The encoder then returns to the mode it was in.
#ifndef CALDERA_EVAL_FEATURES_FEATURES_H_
#define CALDERA_EVAL_FEATURES_FEATURES_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/data.pb.h"
#include "data/loader/bad_images.h"
#include "data/sets/dataset.h"
#include "eval/features/labelled_features.h"
#include "eval/features/readout.h"
#include "vit/model/encoder.h"

namespace caldera::eval {

struct FeatureOptions {
  std::string feature = "mean";
  int64_t batch_size = 512;
  at::Device device = at::kCPU;  // where the encoder is
  // The short side is resized to image_size / crop, then the centre is cut out.
  double crop = 1;
  // As in ExtractOptions.
  std::shared_ptr<data::BadImages> bad_images;
};

struct ExtractOptions {
  int64_t batch_size = 512;
  at::Device device = at::kCPU;  // where the encoder is
  int workers = 1;               // threads that read images ahead
  // Images of a larger batch (encoded_batches.h) that are encoded at once.
  int64_t at_once = 512;
  // The augmentation of each image; absent: images are only resized.
  std::optional<data::AugmentSpec> augment;
  uint64_t seed = 0;  // of `augment`
  // Images that cannot be read are noted here and left out, so that there are
  // fewer rows than images; null: the first one is an error.
  std::shared_ptr<data::BadImages> bad_images;
};

// Receives for each readout [B, D], or [B, N, D] of all patches, in the
// encoder's dtype and on its device; labels are int64 [B] on the CPU. B >= 1.
using ConsumeFeatures = std::function<absl::Status(
    const std::vector<at::Tensor>& features, const at::Tensor& labels)>;

// Passes the features to `consume` batch by batch in the data set's order, and
// keeps none. Errors: those of reading images and of `consume`; the first one
// ends the loop.
absl::Status ForEachFeatures(
    vit::Encoder& encoder, const std::shared_ptr<const data::Dataset>& dataset,
    const std::vector<Readout>& readouts, const ExtractOptions& options,
    const ConsumeFeatures& consume);

// Returns the features after the final norm, float32 on the CPU, in the data
// set's order; an error if none of the images can be read.
absl::StatusOr<LabelledFeatures> ExtractFeatures(
    vit::Encoder& encoder, const std::shared_ptr<const data::Dataset>& dataset,
    const FeatureOptions& options);

// Likewise for each of `readouts`, which are the encoder's.
absl::StatusOr<std::vector<LabelledFeatures>> ExtractReadouts(
    vit::Encoder& encoder, const std::shared_ptr<const data::Dataset>& dataset,
    const std::vector<Readout>& readouts, const ExtractOptions& options);

// Returns the floor of every comparison: pixels in 0..1, not centred, [N,
// C*S*S], of images that are resized to S = image_size. bad_images: as in
// ExtractOptions.
absl::StatusOr<LabelledFeatures> RawPixels(
    const std::shared_ptr<const data::Dataset>& dataset, int64_t image_size,
    const std::shared_ptr<data::BadImages>& bad_images = nullptr);

// Returns the bytes that images of C*S*S = `width` pixels hold on their way to
// RawPixels, beside the result.
int64_t RawPixelsBytes(int64_t width);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_FEATURES_FEATURES_H_
