// Opens the data set that a spec names.
//
//   auto train = OpenDataset(spec.data());                // its split
//   auto test = OpenDataset(spec.data(), Split::kTest);
//   auto mine = OpenDataset("/data/my_set", Split::kTrain);
//
// find_dataset.h describes where a set is searched; docs/datasets.md lists the
// named sets and the formats.
#ifndef CALDERA_DATA_SETS_OPEN_DATASET_H_
#define CALDERA_DATA_SETS_OPEN_DATASET_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "data/data.pb.h"
#include "data/sets/dataset.h"

namespace caldera::data {

// Returns the set in the split that `spec` names. `spec` has been validated. If
// neither the spec nor the set has mean and std, colour images get ImageNet's
// and grey ones 0.5. Errors: those of FindDataset and of the format's own
// file; InvalidArgument, beginning with the field's path, for an option that
// the format does not have, or a mean with another number of channels.
absl::StatusOr<std::shared_ptr<const Dataset>> OpenDataset(
    const DataSpec& spec);

// Returns the same set in another split.
absl::StatusOr<std::shared_ptr<const Dataset>> OpenDataset(const DataSpec& spec,
                                                           Split split);

// Returns a set by its name, with the defaults of all other fields.
absl::StatusOr<std::shared_ptr<const Dataset>> OpenDataset(
    const std::string& dataset, Split split);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_OPEN_DATASET_H_
