// The views of an image that a DataSpec asks for.
//
//   options.views = ViewsOf(spec.data());  // SimCLR: 2 entries
#ifndef CALDERA_DATA_AUGMENT_VIEWS_H_
#define CALDERA_DATA_AUGMENT_VIEWS_H_

#include <vector>

#include "data/data.pb.h"

namespace caldera::data {

// Each `view` as often as its count says, in order; without any, the one that
// `augment` describes. At least one. `spec` has passed Validate.
std::vector<AugmentSpec> ViewsOf(const DataSpec& spec);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_VIEWS_H_
