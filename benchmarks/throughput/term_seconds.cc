#include "benchmarks/throughput/term_seconds.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmarks/throughput/device_clock.h"
#include "benchmarks/throughput/spread.h"
#include "ssl/distributed/gather.h"
#include "ssl/objective/objective.h"
#include "ssl/train/step/step_graph.h"
#include "vit/ops/linear.h"

namespace caldera::benchmarks {
namespace {

constexpr int kWarmUp = 3;
// As many on each process: terms may exchange features.
constexpr int kRepeats = 10;

// The experiment with each of its terms alone.
std::vector<ssl::Experiment> OneTermEach(const ssl::Experiment& experiment) {
  std::vector<ssl::AuxiliaryLossSpec> terms(experiment.auxiliary().begin(),
                                            experiment.auxiliary().end());
  if (experiment.has_regularizer()) {
    terms.insert(terms.begin(), experiment.regularizer());
  }
  std::vector<ssl::Experiment> experiments;
  for (const ssl::AuxiliaryLossSpec& term : terms) {
    ssl::Experiment alone = experiment;
    alone.clear_auxiliary();
    *alone.mutable_regularizer() = term;
    experiments.push_back(std::move(alone));
  }
  return experiments;
}

double Time(const std::function<void()>& work, const at::Device& device,
            bool from_graph) {
  std::unique_ptr<ssl::StepGraph> graph;
  if (from_graph) graph = ssl::StepGraphFactory()();
  for (int i = 0; i < kWarmUp; ++i) {
    if (graph != nullptr) {
      graph->WarmUp(work);
    } else {
      work();
    }
  }
  if (graph != nullptr) graph->Capture(work);
  DeviceClock clock(device);
  clock.Mark();
  for (int i = 0; i < kRepeats; ++i) {
    if (graph != nullptr) {
      graph->Replay();
    } else {
      work();
    }
    clock.Mark();
  }
  return SpreadOf(clock.Seconds()).median;
}

}  // namespace

absl::StatusOr<std::map<std::string, double>> TermSeconds(
    const ssl::Experiment& experiment, ssl::Method& method,
    const ssl::DeviceBatch& batch, const ssl::Processes& processes) {
  std::map<std::string, double> seconds;
  const std::vector<ssl::Experiment> terms = OneTermEach(experiment);
  if (terms.empty()) return seconds;
  ssl::StepOutput output;
  {
    const at::NoGradGuard no_grad;
    output = method.Step(batch, {experiment.seed(), 0});
  }
  output.terms.clear();  // the method's own
  std::vector<at::Tensor> features;
  for (at::Tensor* rows : ssl::RowTensors(output.context, method.request())) {
    if (!rows->is_floating_point()) continue;
    *rows = rows->detach().requires_grad_();
    features.push_back(*rows);
  }
  const at::Device device = method.parameters()[0].device();
  const ssl::RunLength run = {1, 1, batch.index.size(0)};
  const bool from_graph = !device.is_cpu() && ssl::StepGraphFactory() &&
                          processes.single() && method.stays_on_device();
  for (const ssl::Experiment& term : terms) {
    const auto objective =
        ssl::Objective::Create(term, ssl::MakeExchange(processes));
    if (!objective.ok()) return objective.status();
    objective->module().to(device);
    if (experiment.train().precision() == ssl::TrainSpec::BF16) {
      vit::SetComputeType(objective->module(), at::kBFloat16);
    }
    std::string name;
    const auto work = [&] {
      const ssl::TotalLoss loss =
          objective->Combine(output, 0, run, /*with_diagnostics=*/false);
      name = loss.terms.back().name;
      if (!loss.total.defined()) return;  // it only observes
      torch::autograd::grad({loss.total}, features, {},
                            /*retain_graph=*/std::nullopt,
                            /*create_graph=*/false, /*allow_unused=*/true);
    };
    const double time = Time(work, device, from_graph);
    while (seconds.count(name) > 0) absl::StrAppend(&name, "_again");
    seconds[name] = time;
  }
  return seconds;
}

}  // namespace caldera::benchmarks
