// From a spec to the scorer that it names.
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
  bool teacher_sees_whole = false;  // whether there is such a teacher
  bool teacher_is_ema = false;
  // The method's decoder, for scorers with one like it.
  vit::DecoderSpec decoder;
  vit::DecoderSizes sizes;
  uint64_t seed = 0;  // of weights
};

// A scorer of ssl/variants.
using CustomPatchScorer = CustomPart<PatchScorer, ScorerOptions>;

// Errors: InvalidArgument whose text begins with the field's path in
// PatchScorerSpec.
absl::StatusOr<std::unique_ptr<PatchScorer>> MakePatchScorer(
    const PatchScorerSpec& spec, const ScorerOptions& options);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SCORERS_MAKE_PATCH_SCORER_H_
