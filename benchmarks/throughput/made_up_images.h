// Stand-ins for a data set that is not on the machine: images that cost the
// loader what real ones cost, in memory.
//
//   auto dataset = MadeUpImages(/*channels=*/3, /*image_size=*/224,
//                               /*count=*/1024);
//   dataset->info().name;  // says what they are
#ifndef CALDERA_BENCHMARKS_THROUGHPUT_MADE_UP_IMAGES_H_
#define CALDERA_BENCHMARKS_THROUGHPUT_MADE_UP_IMAGES_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "data/sets/dataset.h"
#include "ssl/experiment/experiment.pb.h"

namespace caldera::benchmarks {

// `count` images without labels. In colour and above 64 pixels a side: JPEG of
// 500 x 375 at quality 95 with 4:2:0, which every access decodes; else the
// pixels themselves, image_size a side.
std::shared_ptr<const data::Dataset> MadeUpImages(int64_t channels,
                                                  int64_t image_size,
                                                  int64_t count);

// The set that the experiment names, or made-up images where that is one of
// docs/datasets.md, not on the machine, and the experiment needs no labels.
// Errors are those of data::OpenDataset.
absl::StatusOr<std::shared_ptr<const data::Dataset>> ImagesFor(
    const ssl::Experiment& experiment);

}  // namespace caldera::benchmarks

#endif  // CALDERA_BENCHMARKS_THROUGHPUT_MADE_UP_IMAGES_H_
