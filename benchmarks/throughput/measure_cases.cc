#include "benchmarks/throughput/measure_cases.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/machine/process_memory.h"
#include "base/status.h"
#include "benchmarks/throughput/fitting_batch.h"
#include "benchmarks/throughput/made_up_images.h"
#include "benchmarks/throughput/row.h"
#include "ssl/train/forecast/forecast.h"
#include "ssl/train/forecast/matrix_product_rate.h"
#include "ssl/train/loop/provenance.h"

namespace caldera::benchmarks {
namespace {

// A case and its measurements so far.
struct Gathered {
  Case measured;
  ssl::Forecast forecast;
  MeasureOptions options;
  std::vector<StepTimes> rounds;
  std::optional<double> loader_alone;
};

// The FLOP a second of a matrix product by precision, the best of all rounds.
using Ceilings = std::map<ssl::TrainSpec::Precision, double>;

std::string Title(const Case& measured) {
  return measured.value.empty()
             ? measured.name
             : absl::StrCat(measured.name, " at ", measured.value);
}

// Returns ResourceExhausted with the batch that fits, which is found by trying.
absl::Status ExplainMemory(const Gathered& failed) {
  const ssl::TrainSpec& train = failed.measured.experiment.train();
  const MeasureOptions& options = failed.options;
  MeasureOptions shortest = options;
  shortest.loader = false;
  shortest.warmup = shortest.steps = 1;
  const auto fits = [&](int64_t batch) -> absl::StatusOr<bool> {
    ssl::Experiment smaller = failed.measured.experiment;
    smaller.mutable_train()->set_batch_size(static_cast<int32_t>(batch));
    const auto times = MeasureSteps(smaller, shortest);
    if (absl::IsResourceExhausted(times.status())) return false;
    RETURN_IF_ERROR(times);
    return true;
  };
  ASSIGN_OR_RETURN(
      const int64_t largest,
      LargestBatch(train.batch_size(),
                   train.accumulate_steps() * options.processes->size(), fits));
  return absl::ResourceExhaustedError(absl::StrCat(
      "train.batch_size: ", train.batch_size(),
      " images do not fit into the memory of ", options.device.str(), "; ",
      largest == 0 ? "no batch does, take a smaller model"
                   : absl::StrCat("--batch=", largest, " fits")));
}

absl::StatusOr<Gathered> Prepare(const Case& measured,
                                 const CasesOptions& options) {
  Gathered gathered;
  gathered.measured = measured;
  gathered.options = options.steps;
  const at::Device& device = options.steps.device;
  ASSIGN_OR_RETURN(gathered.options.dataset, ImagesFor(measured.experiment));
  if (device.is_cpu() && !options.only_loader) {
    const auto available = base::FreeMemory();
    if (available.has_value()) {
      RETURN_IF_ERROR(CheckItFits(measured.experiment, *available,
                                  options.steps.processes->size()));
    }
  }
  ASSIGN_OR_RETURN(gathered.forecast,
                   ssl::ForecastFromSizes(measured.experiment, device,
                                          gathered.options.dataset.get()));
  return gathered;
}

absl::Status MeasureRound(Gathered& gathered, bool only_loader) {
  const ssl::Experiment& experiment = gathered.measured.experiment;
  MeasureOptions& options = gathered.options;
  if (options.loader || only_loader) {
    ASSIGN_OR_RETURN(const double rate, MeasureLoader(experiment, options));
    options.loader_rate = std::max(options.loader_rate, rate);
    gathered.loader_alone = options.loader_rate;
  }
  if (only_loader) return absl::OkStatus();
  auto times = MeasureSteps(experiment, options);
  if (absl::IsResourceExhausted(times.status())) return ExplainMemory(gathered);
  RETURN_IF_ERROR(times);
  gathered.rounds.push_back(*std::move(times));
  return absl::OkStatus();
}

void MeasureCeilings(const std::vector<Gathered>& cases,
                     const at::Device& device, Ceilings* ceilings) {
  Ceilings now;
  for (const Gathered& gathered : cases) {
    const auto precision = gathered.measured.experiment.train().precision();
    if (now.count(precision) > 0) continue;
    now[precision] = ssl::MatrixProductRate(
        device, precision == ssl::TrainSpec::BF16 ? at::kBFloat16 : at::kFloat);
    (*ceilings)[precision] = std::max((*ceilings)[precision], now[precision]);
  }
}

// Adds the case to an error; returns OK where the case is left out instead.
absl::Status OfCase(const Case& measured, const absl::Status& status,
                    const CasesOptions& options) {
  const std::string text =
      absl::StrCat(Title(measured), ": ", status.message());
  if (!absl::IsResourceExhausted(status)) {
    return absl::Status(status.code(), text);
  }
  if (!options.leave_out_too_large) return absl::InvalidArgumentError(text);
  options.say(absl::StrCat("left out: ", text));
  return absl::OkStatus();
}

Report ToReport(const std::vector<Gathered>& cases, const Ceilings& ceilings,
                const CasesOptions& options) {
  Report report;
  report.rounds = options.rounds;
  report.warmup = options.steps.warmup;
  report.steps = options.steps.steps;
  report.processes = options.steps.processes->size();
  report.provenance = ssl::Provenance(options.steps.device);
  for (const Gathered& gathered : cases) {
    const auto ceiling =
        ceilings.find(gathered.measured.experiment.train().precision());
    report.rows.push_back(MakeRow(
        gathered.measured, gathered.forecast, gathered.rounds,
        gathered.loader_alone,
        ceiling == ceilings.end() ? 0 : ceiling->second * report.processes));
    if (!gathered.loader_alone.has_value()) continue;
    const std::string& name = gathered.options.dataset->info().name;
    std::vector<std::string>& all = report.loader_reads;
    if (std::find(all.begin(), all.end(), name) == all.end()) {
      all.push_back(name);
    }
  }
  return report;
}

}  // namespace

absl::StatusOr<Report> MeasureCases(std::vector<Case> cases,
                                    const CasesOptions& options) {
  std::vector<Gathered> left;  // the cases that fit
  std::set<std::string> reported;
  for (const Case& measured : cases) {
    auto prepared = Prepare(measured, options);
    if (prepared.ok()) {
      const std::string& images = prepared->options.dataset->info().name;
      if (reported.insert(images).second) {
        options.say(absl::StrCat("images: ", images));
      }
      left.push_back(*std::move(prepared));
      continue;
    }
    RETURN_IF_ERROR(OfCase(measured, prepared.status(), options));
  }
  Ceilings ceilings;
  for (int64_t round = 1; round <= options.rounds; ++round) {
    if (!options.only_loader) {
      MeasureCeilings(left, options.steps.device, &ceilings);
    }
    for (auto it = left.begin(); it != left.end();) {
      options.say(absl::StrCat("round ", round, " of ", options.rounds, ": ",
                               Title(it->measured)));
      const absl::Status status = MeasureRound(*it, options.only_loader);
      if (status.ok()) {
        ++it;
        continue;
      }
      RETURN_IF_ERROR(OfCase(it->measured, status, options));
      it = left.erase(it);
    }
  }
  if (left.empty()) {
    return absl::InvalidArgumentError(
        "--vary: no value's batch fits into memory; take smaller ones");
  }
  return ToReport(left, ceilings, options);
}

}  // namespace caldera::benchmarks
