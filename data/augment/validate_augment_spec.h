// Checks the values of augmentation specs.
//
//   absl::Status status = Validate(spec.view(0));
//   // InvalidArgument: "color_jitter.hue: 0.7 is not in [0, 0.5]; ..."
//
// The text begins with the field's path relative to the message.
#ifndef CALDERA_DATA_AUGMENT_VALIDATE_AUGMENT_SPEC_H_
#define CALDERA_DATA_AUGMENT_VALIDATE_AUGMENT_SPEC_H_

#include <vector>

#include "absl/status/status.h"
#include "data/data.pb.h"

namespace caldera::data {

// Returns InvalidArgument for a field that is out of range, or an operation
// that is not registered.
absl::Status Validate(const AugmentSpec& spec);
// Checks `view`'s inside_view, given the views before it.
absl::Status ValidateInsideView(const AugmentSpec& view,
                                const std::vector<AugmentSpec>& earlier);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_VALIDATE_AUGMENT_SPEC_H_
