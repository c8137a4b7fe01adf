#ifndef CALDERA_SSL_TRAIN_FORECAST_FORECAST_H_
#define CALDERA_SSL_TRAIN_FORECAST_FORECAST_H_

// What a run will cost, before it starts.
//
//   absl::StatusOr<Forecast> forecast = MakeForecast(experiment, device);
//   std::printf("%s", ForecastText(*forecast).c_str());
//
// Builds the model and takes a few real steps on real data; writes nothing.
// Everything but these steps comes from sizes alone (vit/model/cost.h), so that
// a data set that is not there, or a model that would take minutes a step,
// leaves the rest of the forecast as it is.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/sets/dataset.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/schedule/duration.h"
#include "ssl/terms/component_cost.h"

namespace caldera::ssl {

// Numbers, not bytes. `rest`: decoder, projectors and the terms' own.
struct ParameterCounts {
  int64_t encoder = 0, rest = 0;
  int64_t teacher = 0;  // not trained by gradient

  int64_t trained() const { return encoder + rest; }
  int64_t total() const { return trained() + teacher; }
};

// Bytes of tensors, all in float32: an upper bound for a run in bfloat16.
struct MemoryForecast {
  int64_t parameters = 0;  // buffers and a teacher's too
  int64_t gradients = 0;   // CPU threads that share a batch have each their own
  int64_t moments = 0;
  int64_t activations = 0;

  int64_t total() const {
    return parameters + gradients + moments + activations;
  }
};

// Of real steps, after the first.
struct StepTiming {
  double seconds = 0;  // the median
  int64_t steps = 0;
  double busy_threads = 0;         // processor time / time; 0 on a GPU
  double matrix_product_rate = 0;  // FLOP a second (matrix_product_rate.h)
  int64_t peak_memory = 0;         // of the program so far (memory_use.h)
};

struct Forecast {
  ParameterCounts parameters;
  std::vector<ComponentCost>
      costs;  // of a step; empty: not known for the method
  // Without the data set and with a length in epochs: 0 steps.
  RunLength run;
  MemoryForecast memory;
  std::optional<StepTiming> timing;
  std::string no_timing;  // why there is none
};

// All that follows from sizes: no steps, no length of the run. dataset: what
// will be trained on, for methods that learn its labels; may be null.
absl::StatusOr<Forecast> ForecastFromSizes(const Experiment& experiment,
                                           const at::Device& device,
                                           const data::Dataset* dataset);

// Errors: those of a run that would not start, but for a data set that cannot
// be opened.
absl::StatusOr<Forecast> MakeForecast(const Experiment& experiment,
                                      const at::Device& device);

// Lines that begin with "# ", so that they may follow the experiment in a file.
std::string ForecastText(const Forecast& forecast);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_FORECAST_FORECAST_H_
