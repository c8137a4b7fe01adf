// The folder that a run leaves behind, locked against other writers.
//
//   absl::StatusOr<RunFolder> folder = RunFolder::Open("runs/a/b", experiment);
//   folder->Path("metrics.jsonl");  // "runs/a/b/metrics.jsonl"
//
//   experiment.textproto   the resolved experiment
//   provenance.json        revision, versions, machine
//   metrics.jsonl          a line a logged step
//   log.txt                what the program said, over all starts
//   checkpoints/step_N/    see checkpoint.h
//   encoder.safetensors    the trained encoder, timm's names
//   images/                reconstructions and curves
//   profile/               traces of steps that --profile_steps named
//   results.json           results of the evaluation
//   report.html            the page that //:report made of all that
//
// One process at a time may write: the folder is locked while a RunFolder
// lives. The system drops the lock when the process ends, however it ends.
#ifndef CALDERA_SSL_TRAIN_MONITOR_RUN_FOLDER_H_
#define CALDERA_SSL_TRAIN_MONITOR_RUN_FOLDER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/train/monitor/run_log.h"

namespace caldera::ssl {

class RunFolder {
 public:
  // Makes the folder, or opens one that holds the same experiment. Returns
  // FailedPrecondition if it holds another experiment (the error names the
  // first field that differs), is no run folder, or is in use (by which
  // process); Internal if it cannot be written. A refused folder stays
  // unchanged.
  static absl::StatusOr<RunFolder> Open(const std::string& path,
                                        const Experiment& experiment);
  ~RunFolder();
  RunFolder(RunFolder&& other) noexcept;
  RunFolder& operator=(RunFolder&&) = delete;

  // Returns log.txt.
  RunLog& log() const { return *log_; }

  const std::string& path() const { return path_; }
  std::string Path(const std::string& name) const { return path_ + "/" + name; }

 private:
  RunFolder(std::string path, int lock);

  std::string path_;
  int lock_;  // file descriptor, -1 when moved from
  std::unique_ptr<RunLog> log_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_MONITOR_RUN_FOLDER_H_
