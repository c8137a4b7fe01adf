// Serves shuffled batches of features whose images are augmented and encoded
// anew in every epoch.
//
//   ExtractOptions options;
//   options.batch_size = 256;
//   options.augment.emplace().mutable_random_resized_crop();
//   auto batches = EncodedBatches(*encoder, train_set, readouts, options);
#ifndef CALDERA_EVAL_LINEAR_ENCODED_BATCHES_H_
#define CALDERA_EVAL_LINEAR_ENCODED_BATCHES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/sets/dataset.h"
#include "eval/features/features.h"
#include "eval/features/readout.h"
#include "eval/linear/feature_batch.h"
#include "vit/model/encoder.h"

namespace caldera::eval {

// Returns batches of all images of a data set, augmented by options.augment,
// encoded in eval mode, with options.batch_size images a step. CHECK: that is
// at most the data set's size. Features are float32 on the device. `encoder`
// outlives the batches. With options.bad_images another image takes the place
// of one that cannot be read, as in training: batches are full. Errors: those
// of data::Loader.
absl::StatusOr<FeatureBatches> EncodedBatches(
    vit::Encoder& encoder, const std::shared_ptr<const data::Dataset>& dataset,
    const std::vector<Readout>& readouts, const ExtractOptions& options);

// Returns all images, augmented by options.augment (absent: as they are) and
// encoded anew each time. Features are float32 on the device. `encoder`
// outlives the blocks. The blocks return the errors of reading images and those
// of CheckFeatures with `name`.
FeatureBlocks EncodedBlocks(vit::Encoder& encoder,
                            const std::shared_ptr<const data::Dataset>& dataset,
                            const std::vector<Readout>& readouts,
                            const ExtractOptions& options,
                            const std::string& name);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_LINEAR_ENCODED_BATCHES_H_
