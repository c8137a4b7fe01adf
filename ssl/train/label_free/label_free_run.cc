#include "ssl/train/label_free/label_free_run.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/ascii.h"
#include "base/status.h"
#include "ssl/objective/experiment_plan.h"

namespace caldera::ssl {
namespace {

using nlohmann::json;

constexpr char kRandom[] = "random encoder";
constexpr char kStart[] = "starting weights";

std::vector<std::pair<std::string, double>> Named(
    const LabelFreeMeasures& measures) {
  std::vector<std::pair<std::string, double>> named;
  if (measures.reconstruction.has_value()) {
    named.emplace_back("reconstruction", *measures.reconstruction);
  }
  named.emplace_back("effective_rank", measures.effective_rank);
  named.emplace_back("participation", measures.participation);
  named.emplace_back("alignment", measures.alignment);
  named.emplace_back("uniformity", measures.uniformity);
  return named;
}

json Row(const std::string& name, const json& setting,
         const LabelFreeMeasures& measures) {
  json row = {{"features", name}, {"task", "label_free"}, {"setting", setting}};
  for (const auto& [key, value] : Named(measures)) row[key] = value;
  if (measures.skipped > 0) row["skipped"] = measures.skipped;
  return row;
}

class Observer : public StepObserver {
 public:
  Observer(const HeldOutMeasures& held_out, Method& method, int64_t interval,
           const Processes& processes, base::Missing& missing)
      : held_out_(held_out),
        method_(method),
        interval_(interval),
        processes_(processes),
        missing_(missing) {}

  absl::Status AfterStep(const StepReport& report,
                         Recorder* recorder) override {
    if (report.done % interval_ != 0 || recorder == nullptr) {
      return absl::OkStatus();
    }
    processes_.RunWhileOthersWait([&] {
      missing_.Attempt(
          "held-out measures (train.label_free)", [&]() -> absl::Status {
            ASSIGN_OR_RETURN(const auto measures, held_out_.Measure(method_));
            auto scalars = Named(measures);
            for (auto& scalar : scalars) {
              scalar.first.insert(0, "held_out.");
            }
            return recorder->LogScalars(report.done, scalars);
          });
    });
    return absl::OkStatus();
  }

 private:
  const HeldOutMeasures& held_out_;
  Method& method_;
  const int64_t interval_;
  const Processes& processes_;
  base::Missing& missing_;
};

}  // namespace

LabelFreeRun::LabelFreeRun(const Experiment& experiment,
                           HeldOutMeasures held_out, const at::Device& device)
    : experiment_(experiment),
      held_out_(std::move(held_out)),
      device_(device) {}

absl::Status LabelFreeRun::Begin(Method& method) {
  beginnings_.clear();
  const bool starts = experiment_.has_start();
  ASSIGN_OR_RETURN(const auto before, held_out_.Measure(method));
  beginnings_.emplace_back(starts ? kStart : kRandom, before);
  if (!starts) return absl::OkStatus();
  Experiment random = experiment_;
  random.clear_start();
  ASSIGN_OR_RETURN(ExperimentPlan plan, ExperimentPlan::Make(random));
  ASSIGN_OR_RETURN(const std::shared_ptr<Method> unlearned, plan.BuildMethod());
  unlearned->to(device_);
  ASSIGN_OR_RETURN(const auto measures, held_out_.Measure(*unlearned));
  beginnings_.emplace_back(kRandom, measures);
  return absl::OkStatus();
}

absl::StatusOr<std::string> LabelFreeRun::Finish(
    const std::string& name, Method& method, const eval::EmitRow& emit) const {
  if (beginnings_.empty()) {
    return absl::FailedPreconditionError(
        "the weights at the beginning were not measured, so that there is "
        "nothing to compare with");
  }
  ASSIGN_OR_RETURN(const LabelFreeMeasures after, held_out_.Measure(method));
  const json setting = {
      {"feature", absl::AsciiStrToLower(experiment_.eval().feature())},
      {"images", after.images},
      {"split", held_out_.split()}};
  RETURN_IF_ERROR(emit(Row(name, setting, after)));
  for (const auto& [beginning, measures] : beginnings_) {
    RETURN_IF_ERROR(emit(Row(beginning, setting, measures)));
  }
  const Verdict verdict =
      Judge(experiment_.has_start() ? "continuing" : "training",
            beginnings_[0].second, after);
  RETURN_IF_ERROR(emit({{"features", name},
                        {"task", "verdict"},
                        {"setting", setting},
                        {"verdict", verdict.sentence}}));
  return verdict.sentence;
}

std::unique_ptr<StepObserver> MakeLabelFreeObserver(
    const HeldOutMeasures& held_out, Method& method, int64_t interval,
    const Processes& processes, base::Missing& missing) {
  return std::make_unique<Observer>(held_out, method, interval, processes,
                                    missing);
}

}  // namespace caldera::ssl
