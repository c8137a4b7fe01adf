// Opens the data set that a spec names.
//
//   auto train = OpenDataset(spec.data());                // its split
//   auto test = OpenDataset(spec.data(), Split::kTest);
//   auto mine = OpenDataset("/data/my_set", Split::kTrain);
//
// find_dataset.h says where a set is looked for; docs/datasets.md lists the
// named sets and the formats.
#ifndef CALDERA_DATA_SETS_OPEN_DATASET_H_
#define CALDERA_DATA_SETS_OPEN_DATASET_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "data/data.pb.h"
#include "data/sets/dataset.h"

namespace caldera::data {

// The set in the split that it names. `spec` has been validated. Errors: those
// of FindDataset and of the format's own header; InvalidArgument, beginning
// with the field's path, for a fold or class list that the format does not
// have, or a mean of another number of channels. Where neither the spec nor
// the set has mean and std, ImageNet's stand in for colour images and 0.5 for
// grey ones.
absl::StatusOr<std::shared_ptr<const Dataset>> OpenDataset(
    const DataSpec& spec);

// The same set in another split.
absl::StatusOr<std::shared_ptr<const Dataset>> OpenDataset(const DataSpec& spec,
                                                           Split split);

// A set with nothing but its name given.
absl::StatusOr<std::shared_ptr<const Dataset>> OpenDataset(
    const std::string& dataset, Split split);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_OPEN_DATASET_H_
