// Forecasts what measuring the trained encoder will hold in memory, and what of
// it will be shrunk or left out to stay within eval.memory_gb.
//
//   auto forecast = ForecastMeasuring(experiment, device, train_set);
//   if (forecast.ok() && forecast->has_value()) (*forecast)->bytes;
//
// Caveat: with a default eval.memory_gb the bound is half of what is free when
// measuring begins, which may be less than what is free now.
#ifndef CALDERA_SSL_TRAIN_FORECAST_MEASURING_FORECAST_H_
#define CALDERA_SSL_TRAIN_FORECAST_MEASURING_FORECAST_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/sets/dataset.h"
#include "ssl/experiment/experiment.pb.h"

namespace caldera::ssl {

struct MeasuringForecast {
  int64_t bytes = 0;   // the peak, beside what the program holds then
  int64_t budget = 0;  // eval.memory_gb
  std::vector<std::string> notes;  // "raw pixels: of 32 x 32, not 224 x 224"
};

// Returns null if a run with this experiment measures nothing: it has no
// labels or no images to measure on. seen: the images it trains on. Errors:
// those of opening the images and of eval::ReadoutsOf.
absl::StatusOr<std::shared_ptr<const MeasuringForecast>> ForecastMeasuring(
    const Experiment& experiment, const at::Device& device,
    const std::shared_ptr<const data::Dataset>& seen);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_FORECAST_MEASURING_FORECAST_H_
