#include "ssl/tools/sweep/sweep_plan.h"

#include <google/protobuf/util/message_differencer.h>

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

bool OverridesEval(absl::string_view argument) {
  argument = absl::StripLeadingAsciiWhitespace(argument);
  return absl::StartsWith(argument, "eval.") ||
         absl::StartsWith(argument, "eval=");
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

absl::StatusOr<SweepRun> PlanRun(const std::string& spec, uint64_t seed,
                                 const std::string& output,
                                 const std::vector<std::string>& overrides,
                                 double length_scale) {
  SweepRun run;
  run.spec = spec;
  run.seed = seed;
  run.folder = absl::StrCat(output, "/", FolderName(spec), "/seed_", seed);
  std::vector<std::string> all;
  for (const std::string& argument : overrides) {
    all.push_back(argument);
    if (!OverridesEval(argument)) run.train_overrides.push_back(argument);
  }
  const std::string own = absl::StrCat("seed=", seed);
  all.push_back(own);
  run.train_overrides.push_back(own);
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

}  // namespace

absl::StatusOr<std::vector<SweepRun>> PlanSweep(
    const std::string& specs, const std::string& seeds,
    const std::string& output, const std::vector<std::string>& overrides,
    double length_scale) {
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
  for (const std::string& argument : overrides) {
    if (absl::StartsWith(argument, "seed=")) {
      return absl::InvalidArgumentError(
          absl::StrCat("a sweep gives each run its own seed; write --seeds=",
                       argument.substr(5), " (argument \"", argument, "\")"));
    }
  }
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
    for (const uint64_t seed : own) {
      ASSIGN_OR_RETURN(auto run,
                       PlanRun(spec, seed, output, overrides, length_scale));
      if (!folders.insert(run.folder).second) {
        return absl::InvalidArgumentError(
            absl::StrCat("--spec: two runs would share the folder ", run.folder,
                         "; name each spec and seed once"));
      }
      runs.push_back(std::move(run));
    }
  }
  return runs;
}

absl::Status CheckFolder(const SweepRun& run) {
  const std::string path = absl::StrCat(run.folder, "/experiment.textproto");
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return absl::OkStatus();
  ASSIGN_OR_RETURN(auto there, ReadResolvedExperiment(path));
  Experiment here = run.experiment;
  here.clear_eval();
  there.clear_eval();
  google::protobuf::util::MessageDifferencer differencer;
  std::string report;
  differencer.ReportDifferencesToString(&report);
  if (differencer.Compare(there, here)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("run folder ", run.folder, " holds another experiment (",
                   report.substr(0, report.find('\n')),
                   "); choose another --out or remove the folder"));
}

}  // namespace caldera::ssl
