// Checks the values of a DataSpec before anything is opened.
//
//   absl::Status status = Validate(spec.data());
//   // InvalidArgument: "augment.horizontal_flip: 1.5 is not in [0, 1]; ..."
//
// The text begins with the path of the field, relative to the message that was
// passed, then ": ". The layer that reads the file puts file and line in front.
// Only values are checked; OpenDataset checks that the data set exists.
#ifndef CALDERA_DATA_LOADER_VALIDATE_DATA_SPEC_H_
#define CALDERA_DATA_LOADER_VALIDATE_DATA_SPEC_H_

#include "absl/status/status.h"
#include "data/data.pb.h"

namespace caldera::data {

// Returns InvalidArgument for the first field that is out of range.
absl::Status Validate(const DataSpec& spec);

}  // namespace caldera::data

#endif  // CALDERA_DATA_LOADER_VALIDATE_DATA_SPEC_H_
