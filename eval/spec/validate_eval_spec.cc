#include "eval/spec/validate_eval_spec.h"

#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "base/status.h"
#include "data/augment/validate_augment_spec.h"
#include "eval/spec/head_recipe.h"

namespace caldera::eval {
namespace {

constexpr double kLeastTemperature = 0.002;
constexpr size_t kMostHeads = 1000;
constexpr int kMostHidden = 65536;

absl::Status Refuse(const std::string& path, double value,
                    const std::string& requirement) {
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": ", value, " is not ", requirement));
}

// The first of `values` that is not a number of at least `least`.
template <typename Values>
absl::Status CheckEach(const std::string& field, const Values& values,
                       double least) {
  for (int i = 0; i < values.size(); ++i) {
    // Written so that NaN is refused too.
    if (!(values[i] >= least && std::isfinite(values[i]))) {
      return Refuse(absl::StrCat(field, "[", i, "]"), values[i],
                    absl::StrCat("a finite number, at least ", least));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Validate(const KnnSpec& spec) {
  for (int i = 0; i < spec.k_size(); ++i) {
    if (spec.k(i) < 1) {
      return Refuse(absl::StrCat("k[", i, "]"), spec.k(i), "at least 1");
    }
  }
  for (int i = 0; i < spec.temperature_size(); ++i) {
    const double temperature = spec.temperature(i);
    const std::string path = absl::StrCat("temperature[", i, "]");
    if (!std::isfinite(temperature)) {
      return Refuse(path, temperature, "a finite number");
    }
    if (temperature < kLeastTemperature) {
      return Refuse(path, temperature,
                    absl::StrCat("at least ", kLeastTemperature));
    }
  }
  return absl::OkStatus();
}

absl::Status Validate(const HeadsSpec& spec) {
  RETURN_IF_ERROR(CheckEach("base_lr", spec.base_lr(), 0));
  RETURN_IF_ERROR(CheckEach("weight_decay", spec.weight_decay(), 0));
  if (!(spec.momentum() >= 0 && spec.momentum() < 1)) {
    return Refuse("momentum", spec.momentum(), "in [0, 1)");
  }
  if (spec.has_epochs() && spec.epochs() < 1) {
    return Refuse("epochs", spec.epochs(), "at least 1");
  }
  if (!(spec.warmup_epochs() >= 0 && std::isfinite(spec.warmup_epochs()))) {
    return Refuse("warmup_epochs", spec.warmup_epochs(),
                  "a finite number, at least 0");
  }
  if (spec.has_batch_size() && spec.batch_size() < 2) {
    return Refuse("batch_size", spec.batch_size(), "at least 2");
  }
  if (spec.augment().has_random_erasing()) {
    return absl::InvalidArgumentError(
        "augment.random_erasing: a probe's images are not erased; leave it "
        "out");
  }
  return base::Within("augment", data::Validate(spec.augment()));
}

absl::Status Validate(const DiagnosticsSpec& spec) {
  if (spec.images() < 2) return Refuse("images", spec.images(), "at least 2");
  if (spec.graph_batch() < 2) {
    return Refuse("graph_batch", spec.graph_batch(), "at least 2");
  }
  if (spec.augment().has_random_erasing()) {
    return absl::InvalidArgumentError(
        "augment.random_erasing: the views' images are not erased; leave it "
        "out");
  }
  return base::Within("augment", data::Validate(spec.augment()));
}

absl::Status Validate(const LinearProbeSpec& spec) {
  if (!std::isfinite(spec.l2())) {
    return Refuse("l2", spec.l2(), "a finite number");
  }
  if (spec.l2() < 0) return Refuse("l2", spec.l2(), "at least 0");
  if (spec.max_iterations() < 1) {
    return Refuse("max_iterations", spec.max_iterations(), "at least 1");
  }
  // Written so that NaN is refused too.
  if (!(spec.gradient_tolerance() > 0 && spec.gradient_tolerance() < 1)) {
    return Refuse("gradient_tolerance", spec.gradient_tolerance(),
                  "between 0 and 1");
  }
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
    const int hidden = spec.attention_pooling().hidden_dim();
    if (hidden < 0 || hidden > kMostHidden) {
      return Refuse("attention_pooling.hidden_dim", hidden,
                    absl::StrCat("in [0, ", kMostHidden, "]"));
    }
  }
  RETURN_IF_ERROR(base::Within("heads", Validate(spec.heads())));
  if (spec.recipe() == LinearProbeSpec::LBFGS) return absl::OkStatus();
  const HeadsSpec heads = FillRecipe(spec);
  if (heads.warmup_epochs() >= heads.epochs()) {
    return Refuse("heads.warmup_epochs", heads.warmup_epochs(),
                  absl::StrCat("below the ", heads.epochs(), " epochs"));
  }
  if (HeadSettings(heads).size() > kMostHeads) {
    return Refuse("heads.base_lr",
                  static_cast<double>(HeadSettings(heads).size()),
                  absl::StrCat("at most ", kMostHeads,
                               " heads; give fewer rates or decays"));
  }
  return absl::OkStatus();
}

absl::Status Validate(const EvalSpec& spec) {
  RETURN_IF_ERROR(base::Within("knn", Validate(spec.knn())));
  RETURN_IF_ERROR(base::Within("linear", Validate(spec.linear())));
  if (spec.batch_size() < 1) {
    return Refuse("batch_size", spec.batch_size(), "at least 1");
  }
  if (spec.workers() < 0 || spec.workers() > 256) {
    return Refuse("workers", spec.workers(), "in [0, 256]");
  }
  return base::Within("diagnostics", Validate(spec.diagnostics()));
}

}  // namespace caldera::eval
