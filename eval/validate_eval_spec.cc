#include "eval/validate_eval_spec.h"

#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "data/field_path.h"

namespace caldera::eval {
namespace {

constexpr double kLeastTemperature = 0.002;

absl::Status Refuse(const std::string& path, double value,
                    const std::string& requirement) {
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": ", value, " is not ", requirement));
}

// `status` of a sub-message, its path continued to the left.
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
  return absl::OkStatus();
}

absl::Status Validate(const EvalSpec& spec) {
  if (auto status = data::Within("knn", Validate(spec.knn())); !status.ok()) {
    return status;
  }
  if (auto status = data::Within("linear", Validate(spec.linear()));
      !status.ok()) {
    return status;
  }
  if (spec.batch_size() < 1) {
    return Refuse("batch_size", spec.batch_size(), "at least 1");
  }
  return absl::OkStatus();
}

}  // namespace caldera::eval
