#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "ssl/train/forecast/forecast.h"
#include "ssl/train/monitor/memory_use.h"
#include "ssl/train/monitor/progress_text.h"

namespace caldera::ssl {
namespace {

// Returns three digits and a unit: "54.1 M", "1.20 G".
std::string Short(double value) {
  int thousands = 0;
  for (; value >= 999.5 && thousands < 5; ++thousands) value /= 1e3;
  constexpr const char* kUnits[] = {"", " k", " M", " G", " T", " P"};
  const int decimals = thousands == 0  ? 0
                       : value < 9.995 ? 2
                       : value < 99.95 ? 1
                                       : 0;
  return absl::StrFormat("%.*f%s", decimals, value, kUnits[thousands]);
}

std::string Short(int64_t value) { return Short(static_cast<double>(value)); }

std::string Line(absl::string_view what, absl::string_view text) {
  return absl::StrFormat("# %-11s %s\n", what, text);
}

std::string ParametersText(const ParameterCounts& parameters) {
  std::string text =
      absl::StrCat(Short(parameters.total()), ", ", Short(parameters.trained()),
                   " trained: encoder ", Short(parameters.encoder),
                   ", decoder and heads ", Short(parameters.rest));
  if (parameters.teacher > 0) {
    absl::StrAppend(&text, "; teacher ", Short(parameters.teacher));
  }
  return text;
}

std::string FlopText(const std::vector<ComponentCost>& costs,
                     int64_t batch_size) {
  if (costs.empty()) return "not known for this method";
  vit::Cost sum;
  for (const ComponentCost& part : costs) sum += part.cost;
  const auto images = static_cast<double>(batch_size);
  std::vector<std::string> shares;
  for (const ComponentCost& part : costs) {
    shares.push_back(
        absl::StrFormat("%s %.1f %%", part.component,
                        100.0 * static_cast<double>(part.cost.flop()) /
                            static_cast<double>(sum.flop())));
  }
  return absl::StrCat(Short(static_cast<double>(sum.forward_flop) / images),
                      " forward, ",
                      Short(static_cast<double>(sum.flop()) / images),
                      " with backward (", absl::StrJoin(shares, ", "), ")");
}

std::string StepsText(const RunLength& run) {
  if (run.total_steps == 0) {
    return absl::StrCat("of ", run.batch_size,
                        " images; the data set decides how many");
  }
  std::string text =
      absl::StrCat(run.total_steps, " of ", run.batch_size, " images");
  if (run.steps_per_epoch > 0) {
    absl::StrAppendFormat(&text, ": %.1f epochs of %d steps",
                          static_cast<double>(run.total_steps) /
                              static_cast<double>(run.steps_per_epoch),
                          run.steps_per_epoch);
  }
  return text;
}

std::string MemoryForecastText(const MemoryForecast& memory) {
  return absl::StrCat("about ", MemoryText(memory.total()),
                      " of tensors: parameters ", MemoryText(memory.parameters),
                      ", gradients ", MemoryText(memory.gradients),
                      ", moments ", MemoryText(memory.moments),
                      ", activations ", MemoryText(memory.activations));
}

std::string MeasuringText(const MeasuringForecast& measuring) {
  std::string text = absl::StrCat(
      "at most ", MemoryText(measuring.bytes), " beside the weights, of the ",
      MemoryText(measuring.budget), " that eval.memory_gb allows");
  for (const std::string& note : measuring.notes) {
    absl::StrAppend(&text, "; ", note);
  }
  return text;
}

std::string TimeText(const Forecast& forecast) {
  if (!forecast.timing.has_value()) {
    return absl::StrCat("not known: ", forecast.no_timing);
  }
  const StepTiming& timing = *forecast.timing;
  return absl::StrFormat(
      "about %s: %.4g s a step, %.0f img/s (median of %d after the first; "
      "without evaluation)",
      ClockText(timing.seconds * static_cast<double>(forecast.run.total_steps)),
      timing.seconds,
      static_cast<double>(forecast.run.batch_size) / timing.seconds,
      timing.steps);
}

std::string SpeedText(const Forecast& forecast) {
  const StepTiming& timing = *forecast.timing;
  std::string text;
  if (!forecast.costs.empty()) {
    vit::Cost sum;
    for (const ComponentCost& part : forecast.costs) sum += part.cost;
    const double rate = static_cast<double>(sum.flop()) / timing.seconds;
    text = absl::StrFormat(
        "%sFLOP/s, %.0f %% of the %sFLOP/s of a matrix product here; ",
        Short(rate), 100 * rate / timing.matrix_product_rate,
        Short(timing.matrix_product_rate));
  }
  if (timing.busy_threads > 0) {
    absl::StrAppendFormat(&text, "%.1f threads busy; ", timing.busy_threads);
  }
  return absl::StrCat(text, "peak memory ", MemoryText(timing.peak_memory));
}

}  // namespace

std::string ForecastText(const Forecast& forecast) {
  std::string text = absl::StrCat(
      Line("parameters", ParametersText(forecast.parameters)),
      Line("FLOP/image", FlopText(forecast.costs, forecast.run.batch_size)),
      Line("steps", StepsText(forecast.run)),
      Line("memory", MemoryForecastText(forecast.memory)));
  if (forecast.measuring != nullptr) {
    absl::StrAppend(&text,
                    Line("measuring", MeasuringText(*forecast.measuring)));
  } else if (!forecast.no_measuring.empty()) {
    absl::StrAppend(
        &text,
        Line("measuring", absl::StrCat("not known: ", forecast.no_measuring)));
  }
  absl::StrAppend(&text, Line("time", TimeText(forecast)));
  if (forecast.timing.has_value()) {
    absl::StrAppend(&text, Line("speed", SpeedText(forecast)));
  }
  return text;
}

}  // namespace caldera::ssl
