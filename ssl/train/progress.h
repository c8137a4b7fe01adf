#ifndef CALDERA_SSL_TRAIN_PROGRESS_H_
#define CALDERA_SSL_TRAIN_PROGRESS_H_

// What a person sees while a run trains: a bar on a terminal, plain lines on a
// pipe, both on stderr.
//
//   Progress progress(total_steps, steps_per_epoch, batch_size, start_step);
//   progress.Show({step, loss, {{"reconstruction", 0.41}}, lr});
//   progress.Finish();

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace caldera::ssl {

struct ProgressState {
  int64_t step = 0;  // steps done
  double loss = 0;
  std::vector<std::pair<std::string, double>> terms;
  double lr = 0;
};

class Progress {
 public:
  Progress(int64_t total_steps, int64_t steps_per_epoch, int64_t batch_size,
           int64_t start_step);

  // Draws `state`. On a pipe a line each call; on a terminal the bar.
  void Show(const ProgressState& state);
  // Ends the bar's line.
  void Finish();

  // Images a second since the start; 0 before the first step.
  double ImagesPerSecond(int64_t step) const;

  // The text of one state, without the bar.
  std::string Line(const ProgressState& state) const;

 private:
  int64_t total_steps_, steps_per_epoch_, batch_size_, start_step_;
  bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_PROGRESS_H_
