#include "benchmarks/throughput/cases.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status.h"
#include "benchmarks/throughput/measure_steps.h"
#include "ssl/spec/load_experiment.h"

namespace caldera::benchmarks {
namespace {

struct Table3Row {
  const char* spec;
  const char* method;
  PaperRow paper;
};

constexpr Table3Row kTable3[] = {
    {"imagenet100/mae", "MAE", {489, 28.0}},
    {"imagenet100/m_mae", "M-MAE", {481, 28.1}},
    {"imagenet100/u_mae", "U-MAE", {486, 28.0}},
    {"imagenet100/mu_mae", "MU-MAE", {476, 28.1}},
};

// Returns an override for each value; {""} without a varied field.
absl::StatusOr<std::vector<std::string>> Values(const std::string& vary) {
  if (vary.empty()) return std::vector<std::string>{""};
  const size_t equals = vary.find('=');
  std::vector<std::string> values;
  if (equals != std::string::npos && equals > 0) {
    values = absl::StrSplit(vary.substr(equals + 1), ',', absl::SkipEmpty());
  }
  if (values.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--vary=", vary,
                     " is not field=value,value; write for example "
                     "--vary=train.batch_size=32,64,128"));
  }
  for (std::string& value : values) {
    value = absl::StrCat(vary.substr(0, equals + 1), value);
  }
  return values;
}

}  // namespace

std::vector<std::string> Table3Specs() {
  std::vector<std::string> specs;
  for (const Table3Row& row : kTable3) specs.push_back(row.spec);
  return specs;
}

absl::StatusOr<std::vector<Case>> MakeCases(
    const std::vector<std::string>& specs, const std::string& vary,
    const std::vector<std::string>& overrides) {
  ASSIGN_OR_RETURN(const std::vector<std::string> values, Values(vary));
  std::vector<Case> cases;
  for (const std::string& spec : specs) {
    for (const std::string& value : values) {
      std::vector<std::string> all = overrides;
      if (!value.empty()) all.push_back(value);
      ASSIGN_OR_RETURN(ssl::Experiment experiment,
                       ssl::LoadExperiment(spec, all));
      Case added;
      added.name = spec;
      added.value = value.substr(value.find('=') + 1);
      added.experiment = WithSteadySteps(std::move(experiment));
      for (const Table3Row& row : kTable3) {
        if (spec != row.spec) continue;
        added.name = row.method;
        if (value.empty()) added.paper = row.paper;
      }
      cases.push_back(std::move(added));
    }
  }
  return cases;
}

}  // namespace caldera::benchmarks
