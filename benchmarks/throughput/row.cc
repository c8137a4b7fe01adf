#include "benchmarks/throughput/row.h"

#include <algorithm>

namespace caldera::benchmarks {
namespace {

// Returns the spread of images a second over all steps of all rounds.
std::optional<Spread> Rates(const std::vector<StepTimes>& times,
                            std::vector<double> StepTimes::*seconds,
                            int64_t batch) {
  std::vector<double> rates;
  for (const StepTimes& round : times) {
    for (const double step : round.*seconds) {
      rates.push_back(static_cast<double>(batch) / step);
    }
  }
  if (rates.empty()) return std::nullopt;
  return SpreadOf(rates);
}

}  // namespace

std::optional<double> Row::flop_per_second() const {
  if (!flop_per_image.has_value() || !images_per_second.has_value()) {
    return std::nullopt;
  }
  return *flop_per_image * images_per_second->median;
}

Row MakeRow(const Case& measured, const ssl::Forecast& forecast,
            const std::vector<StepTimes>& times,
            std::optional<double> loader_alone, double ceiling) {
  const int64_t batch = measured.experiment.train().batch_size();
  Row row;
  row.measured = measured;
  row.parameters = forecast.parameters.trained();
  if (!forecast.costs.empty()) {
    vit::Cost cost;
    for (const ssl::ComponentCost& part : forecast.costs) cost += part.cost;
    row.flop_per_image =
        static_cast<double>(cost.flop()) / static_cast<double>(batch);
  }
  row.images_per_second = Rates(times, &StepTimes::resident, batch);
  row.with_loader = Rates(times, &StepTimes::with_loader, batch);
  row.loader_alone = loader_alone;
  row.ceiling = ceiling;
  std::map<std::string, std::vector<double>> terms;  // seconds
  for (const StepTimes& round : times) {
    row.steps += static_cast<int64_t>(round.resident.size());
    row.peak = Larger(row.peak, round.peak);
    row.growth = std::max(row.growth, round.growth);
    for (const auto& [name, seconds] : round.terms) {
      terms[name].push_back(seconds);
    }
  }
  for (const auto& [name, seconds] : terms) {
    row.terms[name] = Percentile(seconds, 50) * row.images_per_second->median /
                      static_cast<double>(batch);
  }
  return row;
}

}  // namespace caldera::benchmarks
