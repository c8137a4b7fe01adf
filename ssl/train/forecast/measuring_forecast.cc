#include "ssl/train/forecast/measuring_forecast.h"

#include <algorithm>
#include <functional>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "eval/evaluate.h"
#include "eval/features/evaluation_sets.h"
#include "eval/features/opened_splits.h"
#include "eval/features/readout.h"
#include "eval/measuring_plan.h"

namespace caldera::ssl {
namespace {

// How some tasks are measured: `fits` is false where they are left out.
struct Part {
  bool fits;
  int64_t bytes;
  std::string note;  // what differs from a machine with more memory
};

// Adds a part that is measured by both tasks, or by each alone where both do
// not fit.
void Add(const std::string& name, const eval::EvalSpec& spec,
         const std::function<Part(const eval::Tasks&)>& plan,
         MeasuringForecast* forecast) {
  std::vector<eval::Tasks> runs = {eval::Tasks{}};
  if (!plan(runs[0]).fits) runs = {{true, false}, {false, true}};
  for (const eval::Tasks& tasks : runs) {
    const Part part = plan(tasks);
    if (part.fits) {
      forecast->bytes = std::max(forecast->bytes, part.bytes);
      if (!part.note.empty()) {
        forecast->notes.push_back(absl::StrCat(name, ": ", part.note));
      }
    } else {
      forecast->notes.push_back(
          absl::StrCat(name, ": ", tasks.knn ? "k-NN" : "the linear probe",
                       " is left out, as it ",
                       eval::TooLarge(part.bytes, forecast->budget, spec)));
    }
  }
}

}  // namespace

absl::StatusOr<std::shared_ptr<const MeasuringForecast>> ForecastMeasuring(
    const Experiment& experiment, const at::Device& device,
    const std::shared_ptr<const data::Dataset>& seen) {
  // A classifier is measured by its own accuracy, on the test images alone.
  if (experiment.has_classification()) return nullptr;
  ASSIGN_OR_RETURN(
      const auto sets,
      eval::MakeEvaluationSets(eval::OpenSplits(experiment.data(), seen),
                               experiment.eval().measured_on()));
  if (!sets.no_labels.empty()) return nullptr;
  const eval::EvalSpec& spec = experiment.eval();
  const vit::EncoderSpec& encoder = experiment.encoder();
  ASSIGN_OR_RETURN(const auto readouts, eval::ReadoutsOf(spec, encoder));
  const auto count = static_cast<int64_t>(readouts.size());

  auto forecast = std::make_shared<MeasuringForecast>();
  forecast->budget = eval::MeasuringBudget(spec);
  Add(
      "encoder", spec,
      [&](const eval::Tasks& tasks) {
        const eval::EncoderMeasuring plan = eval::PlanEncoder(
            sets, encoder, readouts, spec, tasks, device, forecast->budget);
        std::string note;
        if (plan.readouts < count) {
          note = absl::StrCat(plan.readouts, " of ", count,
                              " features from one pass over the images");
        }
        if (plan.batch_size < spec.batch_size()) {
          absl::StrAppend(&note, note.empty() ? "" : ", ", plan.batch_size,
                          " images at a time, not ", spec.batch_size());
        }
        return Part{plan.readouts > 0, plan.bytes, note};
      },
      forecast.get());
  const int64_t size = encoder.image_size();
  Add(
      "raw pixels", spec,
      [&](const eval::Tasks& tasks) {
        const eval::PixelMeasuring plan =
            eval::PlanPixels(sets, size, spec, tasks, forecast->budget);
        const std::string note =
            plan.side == size ? ""
                              : absl::StrCat("of ", plan.side, " x ", plan.side,
                                             ", not ", size, " x ", size);
        return Part{plan.side > 0, plan.bytes, note};
      },
      forecast.get());
  return forecast;
}

}  // namespace caldera::ssl
