#include "ssl/tools/sweep/sweep_plan.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status.h"
#include "ssl/spec/load_experiment.h"
#include "ssl/train/resume/resume_decision.h"

namespace caldera::ssl {
namespace {

absl::StatusOr<std::vector<uint64_t>> ParseSeeds(absl::string_view text,
                                                 char separator) {
  std::vector<uint64_t> seeds;
  for (const absl::string_view part : absl::StrSplit(text, separator)) {
    uint64_t seed = 0;
    if (!absl::SimpleAtoi(part, &seed)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "seed \"", part, "\" of \"", text,
          "\" is not an integer of at least 0; write --seeds=0,1,2, or "
          "SPEC@0+1+2 for one spec's own"));
    }
    seeds.push_back(seed);
  }
  return seeds;
}

// Returns "my" for "mine/my.textproto"; a name of the repository stays.
std::string FolderName(absl::string_view spec) {
  if (absl::ConsumeSuffix(&spec, ".textproto")) {
    spec = spec.substr(spec.find_last_of('/') + 1);
  }
  return std::string(spec);
}

// Returns the field that an override names.
std::string FieldOf(absl::string_view argument) {
  return std::string(
      absl::StripAsciiWhitespace(argument.substr(0, argument.find('='))));
}

bool OverridesEval(absl::string_view argument) {
  const std::string field = FieldOf(argument);
  return field == "eval" || absl::StartsWith(field, "eval.");
}

// Returns the override that gives a run `scale` times its length.
std::string ScaledLength(const TrainSpec& train, double scale) {
  const auto whole = [scale](int64_t length) {
    return std::max<int64_t>(1,
                             std::llround(scale * static_cast<double>(length)));
  };
  switch (train.length_case()) {
    case TrainSpec::kSteps:
      return absl::StrCat("train.steps=", whole(train.steps()));
    case TrainSpec::kExamples:
      return absl::StrCat("train.examples=", whole(train.examples()));
    case TrainSpec::kEpochs:
    case TrainSpec::LENGTH_NOT_SET:  // LoadExperiment refuses that
      break;
  }
  return absl::StrCat("train.epochs=", scale * train.epochs());
}

absl::StatusOr<SweepRun> PlanRun(const std::string& spec,
                                 const SweepPoint& point, uint64_t seed,
                                 const std::string& output,
                                 const std::vector<std::string>& overrides,
                                 double length_scale) {
  SweepRun run;
  run.spec = spec;
  run.point = point.name;
  run.setting = point.name.empty() ? spec : absl::StrCat(spec, " ", point.name);
  run.seed = seed;
  run.folder =
      absl::StrCat(output, "/", FolderName(spec), point.name.empty() ? "" : "/",
                   point.name, "/seed_", seed);
  std::vector<std::string> all;
  for (const std::string& argument : overrides) {
    all.push_back(argument);
    if (!OverridesEval(argument)) run.train_overrides.push_back(argument);
  }
  std::vector<std::string> own = point.overrides;
  if (!own.empty()) own.push_back("eval.measured_on=VALIDATION");
  own.push_back(absl::StrCat("seed=", seed));
  for (const std::string& argument : own) {
    all.push_back(argument);
    run.train_overrides.push_back(argument);
  }
  ASSIGN_OR_RETURN(run.experiment, LoadExperiment(spec, all));
  if (length_scale != 1) {
    const std::string length =
        ScaledLength(run.experiment.train(), length_scale);
    all.push_back(length);
    run.train_overrides.push_back(length);
    ASSIGN_OR_RETURN(run.experiment, LoadExperiment(spec, all));
  }
  return run;
}

// Refuses overrides that contradict what a sweep with points does.
absl::Status CheckOverrides(const std::vector<std::string>& overrides,
                            const std::vector<SweepPoint>& points) {
  for (const std::string& argument : overrides) {
    const std::string field = FieldOf(argument);
    if (field == "seed") {
      return absl::InvalidArgumentError(
          absl::StrCat("a sweep gives each run its own seed; write --seeds=",
                       argument.substr(argument.find('=') + 1), " (argument \"",
                       argument, "\")"));
    }
    if (points[0].overrides.empty()) continue;
    if (field == "eval.measured_on" &&
        !absl::EndsWith(argument, "VALIDATION")) {
      return absl::InvalidArgumentError(absl::StrCat(
          "argument \"", argument,
          "\": --vary chooses a setting, which the test images must not do; "
          "leave it out, and measure the chosen runs with //:probe"));
    }
    for (const std::string& varied : points[0].overrides) {
      if (FieldOf(varied) != field) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("argument \"", argument, "\": --vary gives ", field,
                       " already; leave one of them out"));
    }
  }
  return absl::OkStatus();
}

// Refuses a spec that cannot be measured on validation images.
absl::Status CheckValidation(const std::string& spec,
                             std::vector<std::string> overrides,
                             const SweepPoint& point) {
  overrides.insert(overrides.end(), point.overrides.begin(),
                   point.overrides.end());
  overrides.push_back("eval.measured_on=TEST");
  ASSIGN_OR_RETURN(const auto experiment, LoadExperiment(spec, overrides));
  if (!experiment.has_classification()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "--spec=", spec,
      ": --vary measures on training images, whose labels classification "
      "learns; vary the spec of an encoder, or give --vary up and name a spec "
      "for each setting"));
}

}  // namespace

absl::StatusOr<std::vector<SweepRun>> PlanSweep(
    const std::string& specs, const std::string& seeds,
    const std::string& output, const std::vector<std::string>& overrides,
    double length_scale, const std::vector<SweepPoint>& points) {
  if (!(length_scale > 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--length_scale: ", length_scale,
                     " is not above 0; 0.5 trains half of each spec's length"));
  }
  if (specs.empty()) {
    return absl::InvalidArgumentError(
        "--spec is missing; name some, as in "
        "--spec=fashion_mnist/mae,fashion_mnist/m_mae");
  }
  RETURN_IF_ERROR(CheckOverrides(overrides, points));
  ASSIGN_OR_RETURN(const auto common, ParseSeeds(seeds, ','));
  std::vector<SweepRun> runs;
  std::set<std::string> folders;
  const std::vector<std::string> entries = absl::StrSplit(specs, ',');
  for (const std::string& entry : entries) {
    const size_t at = entry.rfind('@');
    const std::string spec = entry.substr(0, at);
    ASSIGN_OR_RETURN(const auto own,
                     at == std::string::npos
                         ? common
                         : ParseSeeds(entry.substr(at + 1), '+'));
    if (!points[0].overrides.empty()) {
      RETURN_IF_ERROR(CheckValidation(spec, overrides, points[0]));
    }
    for (const SweepPoint& point : points) {
      for (const uint64_t seed : own) {
        ASSIGN_OR_RETURN(auto run, PlanRun(spec, point, seed, output, overrides,
                                           length_scale));
        if (!folders.insert(run.folder).second) {
          return absl::InvalidArgumentError(
              absl::StrCat("--spec: two runs would share the folder ",
                           run.folder, "; name each spec and seed once"));
        }
        runs.push_back(std::move(run));
      }
    }
  }
  return runs;
}

absl::Status CheckFolder(const SweepRun& run) {
  const std::string path = absl::StrCat(run.folder, "/experiment.textproto");
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return absl::OkStatus();
  ASSIGN_OR_RETURN(auto there, ReadResolvedExperiment(path));
  Experiment here = Resolved(run.experiment);
  here.clear_eval();
  there.clear_eval();
  const absl::Status status = DecideResume(there, here, {}).status();
  if (status.ok()) return status;
  return absl::FailedPreconditionError(absl::StrCat(
      "run folder ", run.folder, " holds another experiment ", status.message(),
      "; choose another --out or remove the folder"));
}

}  // namespace caldera::ssl
