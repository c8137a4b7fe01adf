#include "ssl/objective/objective.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "base/status.h"
#include "ssl/objective/step_phase.h"
#include "ssl/schedule/schedule.h"
#include "ssl/schedule/schedule_range.h"
#include "ssl/terms/auxiliary_loss.h"

namespace caldera::ssl {
namespace {

at::Tensor MeanOf(const std::vector<at::Tensor>& values) {
  return values.size() == 1 ? values[0] : at::stack(values).mean();
}

}  // namespace

TotalLoss MeanOfMicrobatches(const std::vector<TotalLoss>& microbatches) {
  TotalLoss mean = microbatches[0];
  const auto over = [&](const auto& value) {
    std::vector<at::Tensor> values;
    for (const TotalLoss& one : microbatches) values.push_back(value(one));
    return MeanOf(values);
  };
  mean.total = over([](const TotalLoss& one) { return one.total; });
  for (size_t t = 0; t < mean.terms.size(); ++t) {
    mean.terms[t].value =
        over([t](const TotalLoss& one) { return one.terms[t].value; });
  }
  for (size_t d = 0; d < mean.diagnostics.size(); ++d) {
    double sum = 0;
    for (const TotalLoss& one : microbatches) sum += one.diagnostics[d].second;
    mean.diagnostics[d].second = sum / static_cast<double>(microbatches.size());
  }
  return mean;
}

absl::StatusOr<Objective> Objective::Create(const Experiment& experiment,
                                            const ModelSizes& sizes) {
  std::vector<std::pair<std::string, AuxiliaryLossSpec>> specs;  // by field
  if (experiment.has_regularizer()) {
    specs.emplace_back("regularizer", experiment.regularizer());
  }
  for (int i = 0; i < experiment.auxiliary_size(); ++i) {
    specs.emplace_back(absl::StrCat("auxiliary[", i, "]"),
                       experiment.auxiliary(i));
  }
  Objective objective;
  std::map<std::string, int> counts;
  for (const auto& [field, spec] : specs) {
    ASSIGN_OR_RETURN(auto loss,
                     base::Within(field, MakeAuxiliaryLoss(spec, sizes)));
    std::string name = loss->name();
    const int count = ++counts[name];
    if (count > 1) absl::StrAppend(&name, "_", count);
    objective.auxiliary_.push_back(
        {spec, std::move(loss), name, absl::StrCat(kTermPrefix, name)});
  }
  return objective;
}

void Objective::Build(uint64_t seed, const magma::Exchange& exchange) {
  module_ = std::make_shared<torch::nn::Module>();
  for (const Auxiliary& auxiliary : auxiliary_) {
    auxiliary.loss->Build(seed, exchange);
    if (auto module = auxiliary.loss->module()) {
      module_->register_module(auxiliary.name, std::move(module));
    }
  }
}

ContextRequest Objective::request() const {
  ContextRequest request;
  for (const Auxiliary& auxiliary : auxiliary_) {
    request.Merge(auxiliary.loss->request());
  }
  return request;
}

void Objective::AfterOptimizerStep(const RunPosition& at) const {
  for (const Auxiliary& auxiliary : auxiliary_) {
    auxiliary.loss->AfterOptimizerStep(at);
  }
}

std::vector<ComponentCost> Objective::Costs(const Method& method,
                                            int64_t batch) const {
  std::vector<ComponentCost> costs = method.Costs(batch);
  if (costs.empty()) return costs;
  for (const Auxiliary& auxiliary : auxiliary_) {
    const auto weights = ExtremeValues(auxiliary.spec.weight());
    const bool weighted =
        weights.empty() ||  // 1 throughout
        std::any_of(weights.begin(), weights.end(),
                    [](const auto& weight) { return weight.second != 0; });
    costs.push_back(
        {auxiliary.name,
         auxiliary.loss->CostOf(method.SizesFor(batch),
                                weighted && !auxiliary.spec.observe_only())});
  }
  return costs;
}

std::vector<double> Objective::Weights(int64_t step,
                                       const RunLength& run) const {
  std::vector<double> weights;
  for (const Auxiliary& auxiliary : auxiliary_) {
    weights.push_back(auxiliary.spec.observe_only()
                          ? 0
                          : ScheduleValue(auxiliary.spec.weight(), step, run));
  }
  return weights;
}

TotalLoss Objective::Combine(const StepOutput& output, int64_t step,
                             const RunLength& run,
                             bool with_diagnostics) const {
  TotalLoss out;
  const auto add = [&](const Term& term) {
    out.terms.push_back({term.name, term.value.detach(), term.weight});
    if (term.weight == 0) return;
    const at::Tensor weighted =
        term.weight == 1 ? term.value : term.value * term.weight;
    out.total = out.total.defined() ? out.total + weighted : weighted;
  };
  for (const Term& term : output.terms) add(term);
  const std::vector<double> weights = Weights(step, run);
  for (size_t i = 0; i < auxiliary_.size(); ++i) {
    const Auxiliary& auxiliary = auxiliary_[i];
    const double weight = weights[i];
    AuxiliaryOutput computed;
    const StepPhase phase(auxiliary.phase);
    if (weight == 0) {
      const at::NoGradGuard no_grad;
      computed = auxiliary.loss->Compute(output.context, with_diagnostics);
    } else {
      computed = auxiliary.loss->Compute(output.context, with_diagnostics);
    }
    add({auxiliary.name, computed.value, weight});
    for (const auto& [what, value] : computed.diagnostics) {
      out.diagnostics.emplace_back(absl::StrCat(auxiliary.name, ".", what),
                                   value);
    }
    for (auto& [what, values] : computed.distributions) {
      out.distributions.emplace_back(absl::StrCat(auxiliary.name, ".", what),
                                     std::move(values));
    }
  }
  return out;
}

}  // namespace caldera::ssl
