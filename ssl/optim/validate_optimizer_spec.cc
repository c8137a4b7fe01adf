#include "ssl/optim/validate_optimizer_spec.h"

#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/check_ranges.h"
#include "base/rates/rate_shape.h"
#include "base/status.h"
#include "ssl/optim/optimizer.h"

namespace caldera::ssl {
namespace {

// Returns the names of the shapes that read lr_step, as specs write them.
std::string ShapesWithSteps() {
  std::vector<std::string> names;
  for (const std::string& name : base::RateShapePart::Names()) {
    if ((*base::RateShapePart::CreateNamed("", name))->takes_steps()) {
      names.push_back(
          absl::StrCat("lr_schedule: ", absl::AsciiStrToUpper(name)));
    }
  }
  return absl::StrJoin(names, " or ");
}

absl::Status ValidateLearningRate(const OptimizerSpec& spec) {
  ASSIGN_OR_RETURN(const auto shape, base::RateShapePart::CreateNamed(
                                         "lr_schedule", spec.lr_schedule()));
  if (shape->takes_steps() && spec.lr_step().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("lr_schedule: ", spec.lr_schedule(),
                     " needs at least one lr_step { epochs: ... }"));
  }
  if (!shape->takes_steps() && !spec.lr_step().empty()) {
    const std::string wanted = ShapesWithSteps();
    return absl::InvalidArgumentError(absl::StrCat(
        "lr_step: applies to ", wanted, " only, but lr_schedule is ",
        spec.lr_schedule(), "; set ", wanted, " or leave lr_step out"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Validate(const OptimizerSpec& spec) {
  RETURN_IF_ERROR(base::CheckRanges(spec));
  RETURN_IF_ERROR(OptimizerPart::Check(spec));
  return ValidateLearningRate(spec);
}

}  // namespace caldera::ssl
