// Names the phases of a step for profilers (phase_times.h, profile.h).
//
//   StepPhase phase(kForwardPhase);
//   ...
//   phase.Next(kBackwardPhase);
//
// It costs next to nothing while no profiler listens.
#ifndef CALDERA_SSL_OBJECTIVE_STEP_PHASE_H_
#define CALDERA_SSL_OBJECTIVE_STEP_PHASE_H_

#include <ATen/record_function.h>

#include <optional>

#include "absl/strings/string_view.h"

namespace caldera::ssl {

inline constexpr char kLoadPhase[] =
    "step/load";  // until the batch is on the device
inline constexpr char kForwardPhase[] = "step/forward";
inline constexpr char kTermsPhase[] = "step/terms";  // including their sum
inline constexpr char kBackwardPhase[] = "step/backward";
// Checks that loss and gradients are finite; clips.
inline constexpr char kJudgePhase[] = "step/judge";
inline constexpr char kOptimizerPhase[] = "step/optimizer";
inline constexpr char kLogPhase[] = "step/log";
// A phase inside of kTermsPhase: this prefix and the name of an auxiliary term.
inline constexpr char kTermPrefix[] = "term/";

class StepPhase {
 public:
  explicit StepPhase(absl::string_view name) { Next(name); }

  // Ends the phase and begins another.
  void Next(absl::string_view name) {
    record_.reset();
    record_.emplace(at::RecordScope::USER_SCOPE);
    if (record_->isActive()) {
      record_->before(std::string_view(name.data(), name.size()));
    }
  }

  void End() { record_.reset(); }

 private:
  std::optional<at::RecordFunction> record_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_OBJECTIVE_STEP_PHASE_H_
