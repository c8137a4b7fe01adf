#include "ssl/train/monitor/recorder.h"

#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/draw/encode_png.h"
#include "base/status.h"

namespace caldera::ssl {
namespace {

using nlohmann::json;

double Epoch(int64_t done, const RunLength& run) {
  return static_cast<double>(done) / static_cast<double>(run.steps_per_epoch);
}

// Returns the row of a step without the values that are not finite, as in a
// skipped step: JSON has no number for them.
json MetricsRow(const TotalLoss& loss, int64_t done, const RunLength& run,
                double lr) {
  json row = {{"step", done}, {"epoch", Epoch(done, run)}, {"lr", lr}};
  const auto put = [&](const std::string& name, double value) {
    if (std::isfinite(value)) row[name] = value;
  };
  put("loss", loss.total.item<double>());
  for (const Term& term : loss.terms) {
    put(term.name, term.value.item<double>());
    row[absl::StrCat(term.name, ".weight")] = term.weight;
  }
  for (const auto& [name, value] : loss.diagnostics) put(name, value);
  return row;
}

}  // namespace

Recorder::Recorder(MetricsLog metrics, EventFile events, const RunLength& run,
                   int64_t start, ProgressOptions progress)
    : metrics_(std::move(metrics)),
      events_(std::move(events)),
      run_(run),
      progress_(run, start, std::move(progress)) {}

absl::StatusOr<std::unique_ptr<Recorder>> Recorder::Open(
    const RunFolder& folder, int64_t start, const RunLength& run,
    ProgressOptions progress) {
  ASSIGN_OR_RETURN(MetricsLog metrics,
                   MetricsLog::Open(folder.Path("metrics.jsonl"), start));
  ASSIGN_OR_RETURN(EventFile events,
                   EventFile::Create(folder.Path("tensorboard"), start));
  return std::unique_ptr<Recorder>(new Recorder(
      std::move(metrics), std::move(events), run, start, std::move(progress)));
}

absl::Status Recorder::Log(const TotalLoss& loss, int64_t done, double lr) {
  for (const auto& [name, values] : loss.distributions) {
    events_.Histogram(done, name, values);
  }
  std::vector<std::pair<std::string, double>> terms;
  for (const Term& term : loss.terms) {
    terms.emplace_back(term.name, term.value.item<double>());
  }
  progress_.Log(done, loss.total.item<double>(), std::move(terms), lr);
  const ProgressState& state = progress_.state();
  events_.Scalars(
      done, {{"speed/images_per_second", state.images_per_second},
             {"memory/peak_mb", static_cast<double>(state.peak_memory) / 1e6}});
  return Write(MetricsRow(loss, done, run_, lr));
}

absl::Status Recorder::LogScalars(
    int64_t done, const std::vector<std::pair<std::string, double>>& scalars) {
  json row = {{"step", done}, {"epoch", Epoch(done, run_)}};
  for (const auto& [name, value] : scalars) row[name] = value;
  return Write(row);
}

absl::Status Recorder::LogImage(int64_t done, const std::string& tag,
                                const at::Tensor& image) {
  ASSIGN_OR_RETURN(const std::string png, base::EncodePng(image));
  events_.ImagePng(done, tag, png, static_cast<int>(image.size(2)),
                   static_cast<int>(image.size(1)),
                   static_cast<int>(image.size(0)));
  return events_.Flush();
}

absl::Status Recorder::Write(const json& row) {
  std::vector<std::pair<std::string, double>> scalars;
  for (const auto& [name, value] : row.items()) {
    if (name != "step") scalars.emplace_back(name, value.get<double>());
  }
  events_.Scalars(row["step"].get<int64_t>(), scalars);
  RETURN_IF_ERROR(events_.Flush());
  return metrics_.Append(row);
}

void Recorder::Finish() { progress_.Finish(); }

}  // namespace caldera::ssl
