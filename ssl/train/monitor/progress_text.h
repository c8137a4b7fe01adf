// Writes the progress of a run as text: a line for a pipe, two rows for a
// terminal.
//
//   ProgressLine(state);
//   // epoch 2.5  step 50/100  loss 0.7 (reconstruction 0.5, magma 0.2)  ...
//   ProgressRows(state, /*columns=*/80);
//   // [=========>     ]  epoch 2.5  step 50/100  0:12 left  870 img/s  812 MB
//   // loss 0.7000 (reconstruction 0.5000, magma 0.2000)  lr 1.00e-03
#ifndef CALDERA_SSL_TRAIN_MONITOR_PROGRESS_TEXT_H_
#define CALDERA_SSL_TRAIN_MONITOR_PROGRESS_TEXT_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace caldera::ssl {

struct ProgressState {
  int64_t step = 0;  // steps done
  int64_t total_steps = 1;
  double epoch = 0;

  bool has_loss = false;  // false before the first logged step
  double loss = 0;
  std::vector<std::pair<std::string, double>> terms;
  double lr = 0;

  double images_per_second = 0;  // 0: not known yet, like seconds_left
  double seconds_left = 0;
  int64_t peak_memory = 0;  // bytes; 0: not known
};

// Returns all of the state in one line.
std::string ProgressLine(const ProgressState& state);

// Returns "7:58", "1:02:05".
std::string ClockText(double seconds);

// Returns two rows of less than `columns` characters each. If they do not fit,
// less important pieces are left out: first the bar, then memory, epoch and
// rate; names of terms are cut short before terms are left out.
std::vector<std::string> ProgressRows(const ProgressState& state, int columns);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_MONITOR_PROGRESS_TEXT_H_
