// Makes the sampler that a spec names.
//
//   auto sampler = MakeMaskSampler(spec.mae().masking());
#ifndef CALDERA_SSL_MASKING_MAKE_MASK_SAMPLER_H_
#define CALDERA_SSL_MASKING_MAKE_MASK_SAMPLER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "ssl/custom/custom_part.h"
#include "ssl/masking/mask_sampler.h"
#include "ssl/masking/masking.pb.h"

namespace caldera::ssl {

// Registers a sampler of ssl/variants.
using CustomMaskSampler = CustomPart<MaskSampler>;

// Returns InvalidArgument, whose text begins with the field's path, if an
// option is out of range. MaskSampler::Check tells if the sampler fits a grid
// and a ratio.
absl::StatusOr<std::unique_ptr<MaskSampler>> MakeMaskSampler(
    const MaskingSpec& spec);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MASKING_MAKE_MASK_SAMPLER_H_
