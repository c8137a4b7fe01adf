#include "ssl/terms/auxiliary_loss.h"

#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "base/status.h"
#include "ssl/schedule/schedule.h"

namespace caldera::ssl {

absl::StatusOr<std::unique_ptr<AuxiliaryLoss>> MakeAuxiliaryLoss(
    const AuxiliaryLossSpec& spec, const ModelSizes& sizes) {
  RETURN_IF_ERROR(base::Within("weight", Validate(spec.weight())));
  ASSIGN_OR_RETURN(auto loss, AuxiliaryLossPart::Create(spec, sizes));
  if (spec.feature() == eval::EvalSpec::CLS && !loss->reads_feature()) {
    return absl::InvalidArgumentError(
        "feature: CLS, but the term is not magma, which alone reads this "
        "field; uniformity has its own");
  }
  const ContextRequest request = loss->request();
  if (!sizes.encoder.class_token() &&
      (request.class_token || !request.cls_taps.empty())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "feature: CLS, which ", loss->name(),
        " reads, but encoder.class_token: false; set MEAN or class_token: "
        "true"));
  }
  return loss;
}

}  // namespace caldera::ssl
