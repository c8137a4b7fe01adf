#ifndef CALDERA_SSL_SCORERS_MAKE_PATCH_SCORER_H_
#define CALDERA_SSL_SCORERS_MAKE_PATCH_SCORER_H_

// From a spec to the scorer that it names.
//
//   auto scorer = MakePatchScorer(spec.mae().scorer(), options);

#include <memory>

#include "absl/status/statusor.h"
#include "ssl/scorers/patch_scorer.h"
#include "ssl/scorers/scorer.pb.h"

namespace caldera::ssl {

struct ScorerOptions {
  bool teacher_sees_whole = false;  // whether there is such a teacher
};

// Errors: InvalidArgument whose text begins with the field's path in
// PatchScorerSpec.
absl::StatusOr<std::unique_ptr<PatchScorer>> MakePatchScorer(
    const PatchScorerSpec& spec, const ScorerOptions& options);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SCORERS_MAKE_PATCH_SCORER_H_
