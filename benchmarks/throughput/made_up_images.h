// Makes substitutes for a data set that is not on the machine: images in memory
// that take the loader as long as real ones.
//
//   auto dataset = MadeUpImages(/*channels=*/3, /*image_size=*/224,
//                               /*count=*/1024);
//   dataset->info().name;  // describes them
#ifndef CALDERA_BENCHMARKS_THROUGHPUT_MADE_UP_IMAGES_H_
#define CALDERA_BENCHMARKS_THROUGHPUT_MADE_UP_IMAGES_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "data/sets/dataset.h"
#include "ssl/experiment/experiment.pb.h"

namespace caldera::benchmarks {

// Returns `count` images without labels. Colour images above 64 pixels a side
// are JPEG of 500 x 375 at quality 95 with 4:2:0, which every access decodes;
// others are stored as pixels, image_size a side.
std::shared_ptr<const data::Dataset> MadeUpImages(int64_t channels,
                                                  int64_t image_size,
                                                  int64_t count);

// Returns the data set that the experiment names, or made-up images where it is
// a set of docs/datasets.md that is not on the machine, and the experiment
// needs no labels. Errors: those of data::OpenDataset.
absl::StatusOr<std::shared_ptr<const data::Dataset>> ImagesFor(
    const ssl::Experiment& experiment);

}  // namespace caldera::benchmarks

#endif  // CALDERA_BENCHMARKS_THROUGHPUT_MADE_UP_IMAGES_H_
