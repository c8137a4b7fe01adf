#include "ssl/methods/make_method.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "ssl/masking/random_mask.h"
#include "ssl/methods/masked_autoencoder.h"
#include "vit/validate_vit_spec.h"

namespace caldera::ssl {
namespace {

absl::Status ValidateMae(const MaeSpec& spec, const vit::EncoderSpec& encoder) {
  const double ratio = spec.mask_ratio();
  if (!(ratio >= 0 && ratio < 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("mae.mask_ratio: ", ratio, " is not in [0, 1)"));
  }
  const int64_t side = encoder.image_size() / encoder.patch_size();
  const int64_t patches = side * side;
  const int64_t kept = NumKept(patches, ratio);
  if (kept < 1 || kept >= patches) {
    return absl::InvalidArgumentError(absl::StrCat(
        "mae.mask_ratio: ", ratio, " keeps ", kept, " of ", patches,
        " patches; at least one must stay and one must be removed"));
  }
  const absl::Status decoder = vit::Validate(spec.decoder());
  if (decoder.ok()) return decoder;
  return absl::Status(decoder.code(),
                      absl::StrCat("mae.decoder.", decoder.message()));
}

}  // namespace

absl::Status ValidateMethod(const Experiment& experiment) {
  const absl::Status encoder = vit::Validate(experiment.encoder());
  if (!encoder.ok()) {
    return absl::Status(encoder.code(),
                        absl::StrCat("encoder.", encoder.message()));
  }
  switch (experiment.method_case()) {
    case Experiment::kMae:
      return ValidateMae(experiment.mae(), experiment.encoder());
    case Experiment::METHOD_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("mae: no method is named; write mae {}");
}

absl::StatusOr<std::shared_ptr<Method>> MakeMethod(const Experiment& experiment,
                                                   std::vector<int64_t> taps) {
  const absl::Status valid = ValidateMethod(experiment);
  if (!valid.ok()) return valid;
  return std::make_shared<MaskedAutoencoder>(
      experiment.mae(), experiment.encoder(), std::move(taps),
      experiment.seed());
}

}  // namespace caldera::ssl
