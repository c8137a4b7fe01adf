#include "eval/spec/validate_eval_spec.h"

#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/field_check.h"
#include "base/field_path.h"
#include "base/status.h"
#include "data/augment/validate_augment_spec.h"
#include "eval/spec/head_recipe.h"

namespace caldera::eval {
namespace {

constexpr double kLeastTemperature = 0.002;
constexpr size_t kMostHeads = 1000;
constexpr int kMostHidden = 65536;

// Returns an error for the first of `values` that is not finite or below
// `least`.
template <typename Values>
absl::Status CheckEach(const std::string& field, const Values& values,
                       double least) {
  base::FieldCheck check;
  for (int i = 0; i < values.size(); ++i) {
    check.Require(values[i] >= least && std::isfinite(values[i]),
                  absl::StrCat(field, "[", i, "]"), values[i],
                  absl::StrCat("is not a finite number, at least ", least));
  }
  return check.status();
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

}  // namespace

absl::Status Validate(const KnnSpec& spec) {
  base::FieldCheck check;
  for (int i = 0; i < spec.k_size(); ++i) {
    check.AtLeast(absl::StrCat("k[", i, "]"), spec.k(i), 1);
  }
  return check
      .And(CheckEach("temperature", spec.temperature(), kLeastTemperature))
      .status();
}

absl::Status Validate(const HeadsSpec& spec) {
  base::FieldCheck check;
  check.And(CheckEach("base_lr", spec.base_lr(), 0))
      .And(CheckEach("weight_decay", spec.weight_decay(), 0))
      .Below("momentum", spec.momentum(), 0, 1);
  if (spec.has_epochs()) check.AtLeast("epochs", spec.epochs(), 1);
  check.Require(
      spec.warmup_epochs() >= 0 && std::isfinite(spec.warmup_epochs()),
      "warmup_epochs", spec.warmup_epochs(),
      "is not a finite number, at least 0");
  if (spec.has_batch_size()) check.AtLeast("batch_size", spec.batch_size(), 2);
  return check.And(CheckAugment(spec.augment(), "a probe's")).status();
}

absl::Status Validate(const DiagnosticsSpec& spec) {
  return base::FieldCheck()
      .AtLeast("images", spec.images(), 2)
      .AtLeast("graph_batch", spec.graph_batch(), 2)
      .And(CheckAugment(spec.augment(), "the views'"))
      .status();
}

absl::Status Validate(const LinearProbeSpec& spec) {
  RETURN_IF_ERROR(base::FieldCheck()
                      .Require(spec.l2() >= 0 && std::isfinite(spec.l2()), "l2",
                               spec.l2(), "is not a finite number, at least 0")
                      .AtLeast("max_iterations", spec.max_iterations(), 1)
                      // The comparisons are false for NaN.
                      .Require(spec.gradient_tolerance() > 0 &&
                                   spec.gradient_tolerance() < 1,
                               "gradient_tolerance", spec.gradient_tolerance(),
                               "is not between 0 and 1")
                      .status());
  if (spec.recipe() == LinearProbeSpec::LBFGS && spec.has_heads()) {
    return absl::InvalidArgumentError(
        "heads: LBFGS has none; set recipe to MAE or MAGMA");
  }
  if (spec.has_attention_pooling()) {
    if (spec.recipe() == LinearProbeSpec::LBFGS) {
      return absl::InvalidArgumentError(
          "attention_pooling: is learned by gradient steps, which LBFGS does "
          "not take; set recipe to MAE or MAGMA");
    }
    RETURN_IF_ERROR(base::FieldCheck()
                        .InRange("attention_pooling.hidden_dim",
                                 spec.attention_pooling().hidden_dim(), 0,
                                 kMostHidden)
                        .status());
  }
  RETURN_IF_ERROR(base::Within("heads", Validate(spec.heads())));
  if (spec.recipe() == LinearProbeSpec::LBFGS) return absl::OkStatus();
  const HeadsSpec heads = FillRecipe(spec);
  const size_t num_heads = HeadSettings(heads).size();
  return base::FieldCheck()
      .Require(heads.warmup_epochs() < heads.epochs(), "heads.warmup_epochs",
               heads.warmup_epochs(),
               absl::StrCat("is not below the ", heads.epochs(), " epochs"))
      .Require(num_heads <= kMostHeads, "heads.base_lr", num_heads,
               absl::StrCat("is not at most ", kMostHeads, " heads"),
               "give fewer rates or decays")
      .status();
}

absl::Status Validate(const EvalSpec& spec) {
  return base::FieldCheck()
      .And(base::Within("knn", Validate(spec.knn())))
      .And(base::Within("linear", Validate(spec.linear())))
      .AtLeast("batch_size", spec.batch_size(), 1)
      .InRange("workers", spec.workers(), 0, 256)
      .And(base::Within("diagnostics", Validate(spec.diagnostics())))
      .status();
}

}  // namespace caldera::eval
