// Makes the scorer that a spec names.
//
//   auto scorer = MakePatchScorer(spec.mae().scorer(), options);
#ifndef CALDERA_SSL_SCORERS_MAKE_PATCH_SCORER_H_
#define CALDERA_SSL_SCORERS_MAKE_PATCH_SCORER_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "ssl/custom/custom_part.h"
#include "ssl/scorers/patch_scorer.h"
#include "ssl/scorers/scorer.pb.h"
#include "vit/decoders/decoder.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

struct ScorerOptions {
  // True if there is a teacher that reads the full image.
  bool teacher_reads_full_image = false;
  bool teacher_is_ema = false;
  // The method's decoder, for scorers that have a similar one.
  vit::DecoderSpec decoder;
  vit::DecoderSizes sizes;
  uint64_t seed = 0;  // initialises the weights
};

// Registers a scorer of ssl/variants.
using CustomPatchScorer = CustomPart<PatchScorer, ScorerOptions>;

// Returns InvalidArgument, whose text begins with the field's path in
// PatchScorerSpec, if the scorer is invalid or does not fit the method.
absl::StatusOr<std::unique_ptr<PatchScorer>> MakePatchScorer(
    const PatchScorerSpec& spec, const ScorerOptions& options);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SCORERS_MAKE_PATCH_SCORER_H_
