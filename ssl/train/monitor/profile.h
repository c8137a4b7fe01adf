// Records some steps of a run, through LibTorch's Kineto, without changing
// them.
//
//   absl::StatusOr<StepRange> range = ParseStepRange("10:20", total_steps);
//   trainer->Observe(std::make_unique<Profile>(*range, device, folder));
//
// It leaves FOLDER/profile/trace_10_20.json, which chrome://tracing and
// ui.perfetto.dev open, and FOLDER/profile/table.md (profile_table.h), which is
// also printed to stderr.
//
// Caveat: recording adds time to every operation, so the times of phases with
// many small operations are a little too large.
#ifndef CALDERA_SSL_TRAIN_MONITOR_PROFILE_H_
#define CALDERA_SSL_TRAIN_MONITOR_PROFILE_H_

#include <ATen/core/Tensor.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ssl/train/monitor/step_observer.h"

namespace caldera::ssl {

// Steps from `begin` (the first is 0) to before `end`.
struct StepRange {
  int64_t begin = 0, end = 0;
};

// Parses "10:20" in a run of `total_steps` steps. Returns InvalidArgument,
// beginning with "--profile_steps=", for a text that is no range, for an empty
// range, and for one beyond the end of the run.
absl::StatusOr<StepRange> ParseStepRange(absl::string_view text,
                                         int64_t total_steps);

class Profile : public StepObserver {
 public:
  // `folder` is the folder of the run.
  Profile(const StepRange& range, const at::Device& device, std::string folder);
  ~Profile() override;

  void BeforeStep(int64_t step) override;
  // Errors name the file that cannot be written.
  absl::Status AfterStep(const StepReport& report, Recorder* recorder) override;

 private:
  absl::Status Finish();

  StepRange range_;
  at::Device device_;
  std::string folder_;
  bool started_ = false;  // set at the first step of the run
  bool recording_ = false;
  int64_t first_step_ = 0;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_MONITOR_PROFILE_H_
