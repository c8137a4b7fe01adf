// What is said of the parts that a spec's message, their seam, can name.
//
//   for (const base::PartDoc& part : PartsOf(*OptimizerSpec::descriptor())) {
//     DescribePart(part);  // {"sgd { ... }", "", "", "", "Stochastic ..."}
//   }
#ifndef CALDERA_SSL_SPEC_DESCRIBE_PART_H_
#define CALDERA_SSL_SPEC_DESCRIBE_PART_H_

#include <google/protobuf/descriptor.h>

#include <vector>

#include "base/option_list.h"
#include "base/part.h"

namespace caldera::ssl {

// Returns the parts that are registered for a message; none if it is no seam.
std::vector<base::PartDoc> PartsOf(const google::protobuf::Descriptor& seam);

// Returns true if the field names parts that have no field of their own.
bool IsCustom(const google::protobuf::FieldDescriptor& field);

// Returns true if a spec may name several parts of the seam at once.
bool TakesMany(const google::protobuf::Descriptor& seam);

// Returns how a spec names the part (its bare name, if no field of the seam
// does that, because a data set is recognised), in place of a type whether it
// is the default, and its summary.
base::OptionDoc DescribePart(const base::PartDoc& part);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SPEC_DESCRIBE_PART_H_
