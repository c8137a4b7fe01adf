#include "benchmarks/throughput/fitting_batch.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ssl/train/forecast/forecast.h"
#include "ssl/train/monitor/memory_use.h"

namespace caldera::benchmarks {
namespace {

// Returns the bytes of a step of `batch` images on all `processes` together.
absl::StatusOr<int64_t> StepBytes(ssl::Experiment experiment, int64_t batch,
                                  int64_t processes) {
  experiment.mutable_train()->set_batch_size(
      static_cast<int32_t>(batch / processes));
  ASSIGN_OR_RETURN(
      const ssl::Forecast forecast,
      ssl::ForecastFromSizes(experiment, at::kCPU, /*dataset=*/nullptr));
  return processes * forecast.memory.total();
}

}  // namespace

absl::StatusOr<int64_t> LargestBatch(
    int64_t failing, int64_t unit,
    const std::function<absl::StatusOr<bool>(int64_t batch)>& fits) {
  int64_t good = 0, bad = failing / unit;  // in units
  if (bad * unit < failing) ++bad;
  while (good == 0 && bad > 1) {
    const int64_t half = bad / 2;
    ASSIGN_OR_RETURN(const bool fit, fits(half * unit));
    (fit ? good : bad) = half;
  }
  while (good > 0 && bad - good > std::max<int64_t>(1, good / 16)) {
    const int64_t middle = good + (bad - good) / 2;
    ASSIGN_OR_RETURN(const bool fit, fits(middle * unit));
    (fit ? good : bad) = middle;
  }
  return good * unit;
}

absl::Status CheckItFits(const ssl::Experiment& experiment, int64_t available,
                         int64_t processes) {
  const int64_t batch = experiment.train().batch_size();
  ASSIGN_OR_RETURN(const int64_t needed,
                   StepBytes(experiment, batch, processes));
  if (needed <= available) return absl::OkStatus();
  const std::string what = absl::StrCat(
      "train.batch_size: ", batch, " images do not fit: a step needs about ",
      ssl::MemoryText(needed), " and ", ssl::MemoryText(available),
      " are free; ");
  const int64_t unit = processes * experiment.train().accumulate_steps();
  const int64_t few = 2 * unit;  // methods that compare images need two
  ASSIGN_OR_RETURN(const int64_t least, StepBytes(experiment, few, processes));
  if (least > available || batch <= few) {
    return absl::ResourceExhaustedError(
        absl::StrCat(what, "no batch would fit, take a smaller model"));
  }
  // Memory grows with the batch, and faster than linearly where pairs of images
  // are compared: it is below the straight line between two batches.
  const double slope =
      static_cast<double>(needed - least) / static_cast<double>(batch - few);
  const auto more =
      static_cast<int64_t>(static_cast<double>(available - least) / slope);
  return absl::ResourceExhaustedError(
      absl::StrCat(what, "--batch=", few + more / unit * unit, " would fit"));
}

}  // namespace caldera::benchmarks
