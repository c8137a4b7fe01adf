// Checks the fields of a message against the ranges that its .proto file gives
// them: [(caldera.range) = "[0, 1)"].
//
//   RETURN_IF_ERROR(base::CheckRanges(spec));
//   // "adamw.beta1: 1 is not in [0, 1)"
//
// It descends into the messages that are set, and into the elements of lists.
#ifndef CALDERA_BASE_CHECK_RANGES_H_
#define CALDERA_BASE_CHECK_RANGES_H_

#include <google/protobuf/message.h>

#include "absl/status/status.h"

namespace caldera::base {

// Returns OK or InvalidArgument, whose text begins with the field's path in
// `message`. A field that is not set counts with its default, if
// the .proto file gives it one.
absl::Status CheckRanges(const google::protobuf::Message& message);

}  // namespace caldera::base

#endif  // CALDERA_BASE_CHECK_RANGES_H_
