// Records some steps of a run, through LibTorch's Kineto, without changing
// them.
//
//   absl::StatusOr<StepRange> range = ParseStepRange("10:20", total_steps);
//   trainer->Observe(std::make_unique<Profile>(*range, device, folder));
//
// Leaves FOLDER/profile/trace_10_20.json, which chrome://tracing and
// ui.perfetto.dev open, and FOLDER/profile/table.md (profile_table.h), which
// goes to stderr too.
//
// Caveat: recording takes its time for every operation, so that phases with
// many small ones come out a little large.
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

// "10:20" in a run of so many steps. InvalidArgument, beginning with
// "--profile_steps=", for what is no range, an empty one, or one beyond the
// run's end.
absl::StatusOr<StepRange> ParseStepRange(absl::string_view text,
                                         int64_t total_steps);

class Profile : public StepObserver {
 public:
  // folder: the run's.
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
  bool started_ = false;  // the run, by its first step
  bool recording_ = false;
  int64_t first_step_ = 0;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_MONITOR_PROFILE_H_
