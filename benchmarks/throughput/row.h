// The results of one case: a row of the table.
//
//   const Row row =
//       MakeRow(measured, forecast, times, loader_alone, ceiling);
//   row.images_per_second->median;
#ifndef CALDERA_BENCHMARKS_THROUGHPUT_ROW_H_
#define CALDERA_BENCHMARKS_THROUGHPUT_ROW_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/throughput/cases.h"
#include "benchmarks/throughput/measure_steps.h"
#include "benchmarks/throughput/memory_window.h"
#include "benchmarks/throughput/spread.h"
#include "ssl/train/forecast/forecast.h"

namespace caldera::benchmarks {

struct Row {
  Case measured;
  int64_t steps = 0;       // timed steps with one batch on the device
  int64_t parameters = 0;  // trained ones
  std::optional<double> flop_per_image;  // backward included; none: unknown
  // The speed of the steps, with one batch on the device and with batches from
  // the loader.
  std::optional<Spread> images_per_second, with_loader;
  std::optional<double> loader_alone;  // images a second
  MemoryPeak peak;
  int64_t growth = 0;  // bytes, over the timed steps of a round
  std::map<std::string, double> terms;  // share of a step of each term
  // The FLOP a second of a matrix product, summed over processes; 0: not
  // measured.
  double ceiling = 0;

  // Returns none where the FLOP or the speed is unknown.
  std::optional<double> flop_per_second() const;
};

// Makes the row of one case from its rounds; `times` may be empty where only
// the loader was measured.
Row MakeRow(const Case& measured, const ssl::Forecast& forecast,
            const std::vector<StepTimes>& times,
            std::optional<double> loader_alone, double ceiling);

}  // namespace caldera::benchmarks

#endif  // CALDERA_BENCHMARKS_THROUGHPUT_ROW_H_
