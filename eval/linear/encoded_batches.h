#ifndef CALDERA_EVAL_LINEAR_ENCODED_BATCHES_H_
#define CALDERA_EVAL_LINEAR_ENCODED_BATCHES_H_

// Shuffled batches of features of images that are augmented and encoded anew in
// every epoch.
//
//   ExtractOptions options;
//   options.batch_size = 256;
//   options.augment.emplace().mutable_random_resized_crop();
//   auto batches = EncodedBatches(*encoder, train_set, readouts, options);

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

// Of all images of a data set, as options.augment says, through the encoder in
// eval mode; options.batch_size images a step, at most the data set's size, a
// CHECK. Features are float32 on the device. `encoder` outlives the batches.
// Errors: those of data::Loader.
absl::StatusOr<FeatureBatches> EncodedBatches(
    vit::Encoder& encoder, const std::shared_ptr<const data::Dataset>& dataset,
    const std::vector<Readout>& readouts, const ExtractOptions& options);

// All images as options.augment says (absent: as they are), encoded anew each
// time. Features are float32 on the device. `encoder` outlives the blocks.
// Errors, of the blocks: those of reading images, and those of CheckFeatures
// with `name`.
FeatureBlocks EncodedBlocks(vit::Encoder& encoder,
                            const std::shared_ptr<const data::Dataset>& dataset,
                            const std::vector<Readout>& readouts,
                            const ExtractOptions& options,
                            const std::string& name);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_LINEAR_ENCODED_BATCHES_H_
