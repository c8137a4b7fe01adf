// The name of the part that a spec names, for reports.
//
//   PartName(experiment.optimizer());  // "adamw"
#ifndef CALDERA_BASE_PART_NAME_H_
#define CALDERA_BASE_PART_NAME_H_

#include <google/protobuf/message.h>

#include <string>

#include "base/part.h"

namespace caldera::base {

// Returns the name of the part that `spec` names or takes by default, or "" if
// it names none that is registered.
inline std::string PartName(const google::protobuf::Message& spec) {
  const absl::StatusOr<PartChoice> choice = FindPart(spec);
  return choice.ok() ? choice->name : "";
}

}  // namespace caldera::base

#endif  // CALDERA_BASE_PART_NAME_H_
