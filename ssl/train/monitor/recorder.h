// Records the course of a run: metrics.jsonl, TensorBoard's files, the progress
// on stderr.
//
//   auto recorder = Recorder::Open(folder, start, run, progress_options);
//   absl::Status status = (*recorder)->Log(loss, done, lr);
//
// metrics.jsonl contains no clock: a resumed run writes the same bytes as an
// undisturbed one. Among several processes only rank 0 has a recorder.
#ifndef CALDERA_SSL_TRAIN_MONITOR_RECORDER_H_
#define CALDERA_SSL_TRAIN_MONITOR_RECORDER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ssl/objective/objective.h"
#include "ssl/schedule/duration.h"
#include "ssl/tensorboard/event_file.h"
#include "ssl/train/monitor/metrics_log.h"
#include "ssl/train/monitor/progress.h"
#include "ssl/train/monitor/run_folder.h"

namespace caldera::ssl {

class Recorder {
 public:
  // Opens the record of a run in `folder` that starts, or resumes, after
  // `start` steps. An error names the file.
  static absl::StatusOr<std::unique_ptr<Recorder>> Open(
      const RunFolder& folder, int64_t start, const RunLength& run,
      ProgressOptions progress);

  // Notes that `done` steps were started: moves the progress bar. Waits for
  // nothing.
  void Step(int64_t done) { progress_.Step(done); }

  // Logs the state after `done` steps; distributions become histograms of
  // TensorBoard. Waits for the device. Images per second and peak memory go to
  // TensorBoard only.
  absl::Status Log(const TotalLoss& loss, int64_t done, double lr);

  // Logs further numbers after `done` steps: as a row of their own in
  // metrics.jsonl ("step", "epoch" and the numbers), as scalars in TensorBoard.
  absl::Status LogScalars(
      int64_t done, const std::vector<std::pair<std::string, double>>& scalars);

  // Logs a picture for TensorBoard: uint8 [C, H, W], C = 1 or 3.
  absl::Status LogImage(int64_t done, const std::string& tag,
                        const at::Tensor& image);

  // Makes metrics.jsonl so far survive a power cut. May run beside Log in
  // another thread.
  absl::Status Sync() const { return metrics_.Sync(); }

  // Ends the progress bar's line.
  void Finish();

  // Returns the rows of metrics.jsonl from the beginning of the run.
  const std::vector<nlohmann::json>& rows() const { return metrics_.rows(); }

 private:
  Recorder(MetricsLog metrics, EventFile events, const RunLength& run,
           int64_t start, ProgressOptions progress);

  absl::Status Write(const nlohmann::json& row);

  MetricsLog metrics_;
  EventFile events_;
  const RunLength run_;
  Progress progress_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_MONITOR_RECORDER_H_
