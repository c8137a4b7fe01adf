// Forecasts what a run will cost, before it starts.
//
//   absl::StatusOr<Forecast> forecast = MakeForecast(experiment, device);
//   std::printf("%s", ForecastText(*forecast).c_str());
//
// It builds the model and takes a few real steps on real data; it writes
// nothing. Everything except these steps follows from sizes alone
// (vit/model/cost.h), so a missing data set, or a model that would take minutes
// a step, leaves the rest of the forecast unchanged.
#ifndef CALDERA_SSL_TRAIN_FORECAST_FORECAST_H_
#define CALDERA_SSL_TRAIN_FORECAST_FORECAST_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/sets/dataset.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/objective/experiment_plan.h"
#include "ssl/schedule/duration.h"
#include "ssl/terms/component_cost.h"
#include "ssl/train/forecast/measuring_forecast.h"
#include "ssl/train/forecast/step_memory.h"

namespace caldera::ssl {

// Counts numbers, not bytes. `rest` is that of the decoder, projectors and
// terms.
struct ParameterCounts {
  int64_t encoder = 0, rest = 0;
  int64_t teacher = 0;  // not trained by gradient

  int64_t trained() const { return encoder + rest; }
  int64_t total() const { return trained() + teacher; }
};

// The timing of real steps, after the first.
struct StepTiming {
  double seconds = 0;  // the median
  int64_t steps = 0;
  double busy_threads = 0;         // processor time / time; 0 on a GPU
  double matrix_product_rate = 0;  // FLOP a second (matrix_product_rate.h)
  int64_t peak_memory = 0;         // of the program so far (memory_use.h)
};

struct Forecast {
  ParameterCounts parameters;
  std::vector<ComponentCost> costs;  // of a step; empty: unknown for the method
  // 0 steps without the data set and with a length in epochs.
  RunLength run;
  MemoryForecast memory;
  std::optional<StepTiming> timing;
  std::string no_timing;  // the reason if `timing` is empty
  // What measuring the encoder will hold, beside the weights; null: nothing is
  // measured, or the images are not there.
  std::shared_ptr<const MeasuringForecast> measuring;
  std::string no_measuring;  // the reason if it cannot be said
};

// Returns everything that follows from the model's sizes: no timing, no length
// of the run and nothing of measuring. It plans and builds the experiment.
// `dataset` is the training set, for methods that learn its labels; may be
// null.
absl::StatusOr<Forecast> ForecastFromSizes(const Experiment& experiment,
                                           const at::Device& device,
                                           const data::Dataset* dataset);

// Returns the forecast. A data set that cannot be opened is no error; otherwise
// the errors are those of a run that would not start.
absl::StatusOr<Forecast> MakeForecast(ExperimentPlan plan,
                                      const at::Device& device);

// Returns lines that begin with "# ", so that they may follow the experiment in
// a file.
std::string ForecastText(const Forecast& forecast);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_FORECAST_FORECAST_H_
