#include "ssl/train/objective.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ssl/losses/make_auxiliary_loss.h"
#include "ssl/schedule/schedule.h"

namespace caldera::ssl {

absl::StatusOr<Objective> Objective::Create(const Experiment& experiment) {
  std::vector<AuxiliaryLossSpec> specs(experiment.auxiliary().begin(),
                                       experiment.auxiliary().end());
  if (experiment.has_regularizer()) {
    specs.insert(specs.begin(), experiment.regularizer());
  }
  Objective objective;
  for (const AuxiliaryLossSpec& spec : specs) {
    auto loss = MakeAuxiliaryLoss(spec, experiment.encoder().depth());
    if (!loss.ok()) return loss.status();
    objective.auxiliary_.push_back({spec, *std::move(loss)});
  }
  return objective;
}

std::vector<int64_t> Objective::taps() const {
  std::vector<int64_t> blocks;
  for (const Auxiliary& auxiliary : auxiliary_) {
    const std::vector<int64_t> own = auxiliary.loss->taps();
    blocks.insert(blocks.end(), own.begin(), own.end());
  }
  std::sort(blocks.begin(), blocks.end());
  blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
  return blocks;
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
  for (const Auxiliary& auxiliary : auxiliary_) {
    const double weight =
        auxiliary.spec.observe_only()
            ? 0
            : ScheduleValue(auxiliary.spec.weight(), step, run);
    AuxiliaryOutput computed;
    if (weight == 0) {
      const at::NoGradGuard no_grad;
      computed = auxiliary.loss->Compute(output.context, with_diagnostics);
    } else {
      computed = auxiliary.loss->Compute(output.context, with_diagnostics);
    }
    const std::string name = auxiliary.loss->name();
    add({name, computed.value, weight});
    for (const auto& [what, value] : computed.diagnostics) {
      out.diagnostics.emplace_back(absl::StrCat(name, ".", what), value);
    }
  }
  return out;
}

}  // namespace caldera::ssl
