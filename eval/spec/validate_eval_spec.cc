#include "eval/spec/validate_eval_spec.h"

#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/check_ranges.h"
#include "base/field_check.h"
#include "base/field_path.h"
#include "base/join_words.h"
#include "base/rates/rate_shape.h"
#include "base/status.h"
#include "data/augment/validate_augment_spec.h"
#include "eval/features/tokens/token_feature.h"
#include "eval/linear/rules/head_rule.h"
#include "eval/spec/head_recipe.h"
#include "eval/spec/probe_recipe.h"

namespace caldera::eval {
namespace {

constexpr size_t kMostHeads = 1000;

// EvalSpec.feature is also read while a masked autoencoder trains, from the
// patches that it sees.
absl::Status CheckFeatureOfTraining(const std::string& name) {
  ASSIGN_OR_RETURN(const auto feature,
                   TokenFeaturePart::CreateNamed("feature", name));
  if (!feature->needs_all_patches()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("feature: ", name,
                   " needs all patches in their places; write readout { "
                   "feature: ",
                   name, " }"));
}

// Returns an error for an augmentation that is out of range or erases
// rectangles; `images` begins its text.
absl::Status CheckAugment(const data::AugmentSpec& augment,
                          absl::string_view images) {
  if (augment.has_random_erasing()) {
    return absl::InvalidArgumentError(
        absl::StrCat("augment.random_erasing: ", images,
                     " images are not erased; leave it out"));
  }
  return base::Within("augment", data::Validate(augment));
}

// Returns the names of the recipes that train heads, as specs write them.
std::string RecipesWithHeads() {
  std::vector<std::string> names;
  for (const std::string& name : ProbeRecipePart::Names()) {
    LinearProbeSpec spec;
    spec.set_recipe(name);
    if (TrainsHeads(spec)) names.push_back(absl::AsciiStrToUpper(name));
  }
  return base::JoinWords(names, "or");
}

// Checks complete heads.
absl::Status ValidateFilled(const HeadsSpec& heads) {
  RETURN_IF_ERROR(
      HeadRulePart::CreateNamed("optimizer", heads.optimizer()).status());
  ASSIGN_OR_RETURN(const auto shape,
                   base::RateShapePart::CreateNamed("decay", heads.decay()));
  const size_t num_heads = HeadSettings(heads).size();
  return base::FieldCheck()
      .Require(!shape->takes_steps(), "decay", heads.decay(),
               "needs steps, which a probe has not", "use STEPS")
      .Require(heads.warmup_epochs() < heads.epochs(), "warmup_epochs",
               heads.warmup_epochs(),
               absl::StrCat("is not below the ", heads.epochs(), " epochs"))
      .Require(num_heads <= kMostHeads, "base_lr", num_heads,
               absl::StrCat("is not at most ", kMostHeads, " heads"),
               "give fewer rates or decays")
      .status();
}

}  // namespace

absl::Status Validate(const KnnSpec& spec) { return base::CheckRanges(spec); }

absl::Status Validate(const HeadsSpec& spec) {
  base::FieldCheck check;
  check.And(base::CheckRanges(spec));
  if (spec.has_epochs()) check.AtLeast("epochs", spec.epochs(), 1);
  if (spec.has_batch_size()) check.AtLeast("batch_size", spec.batch_size(), 2);
  return check.And(CheckAugment(spec.augment(), "a probe's")).status();
}

absl::Status Validate(const DiagnosticsSpec& spec) {
  RETURN_IF_ERROR(base::CheckRanges(spec));
  return CheckAugment(spec.augment(), "the views'");
}

absl::Status Validate(const LinearProbeSpec& spec) {
  RETURN_IF_ERROR(
      ProbeRecipePart::CreateNamed("recipe", spec.recipe()).status());
  const bool trains_heads = TrainsHeads(spec);
  if (!trains_heads && spec.has_heads()) {
    return absl::InvalidArgumentError(
        absl::StrCat("heads: ", spec.recipe(),
                     " trains no heads; set recipe to ", RecipesWithHeads()));
  }
  if (!trains_heads && spec.has_attention_pooling()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "attention_pooling: it is learned by gradient steps, which ",
        spec.recipe(), " does not take; set recipe to ", RecipesWithHeads()));
  }
  RETURN_IF_ERROR(base::CheckRanges(spec));
  RETURN_IF_ERROR(base::Within("heads", Validate(spec.heads())));
  if (!trains_heads) return absl::OkStatus();
  return base::Within("heads", ValidateFilled(FillRecipe(spec)));
}

absl::Status Validate(const EvalSpec& spec) {
  base::FieldCheck check;
  check.And(base::Within("linear", Validate(spec.linear())))
      .And(base::Within("diagnostics", Validate(spec.diagnostics())))
      .And(base::CheckRanges(spec))
      .And(CheckFeatureOfTraining(spec.feature()));
  for (int i = 0; i < spec.readout_size(); ++i) {
    check.And(
        TokenFeaturePart::CreateNamed(absl::StrCat("readout[", i, "].feature"),
                                      spec.readout(i).feature())
            .status());
  }
  return check.status();
}

}  // namespace caldera::eval
