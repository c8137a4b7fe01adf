// Lists the views of an image that a DataSpec requests.
//
//   options.views = ViewsOf(spec.data());  // SimCLR: 2 entries
#ifndef CALDERA_DATA_AUGMENT_VIEWS_H_
#define CALDERA_DATA_AUGMENT_VIEWS_H_

#include <vector>

#include "data/data.pb.h"

namespace caldera::data {

// Returns each `view` as often as its count, in order; without any `view`, the
// one that `augment` describes. There is at least one. `spec` has passed
// Validate.
std::vector<AugmentSpec> ViewsOf(const DataSpec& spec);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_VIEWS_H_
