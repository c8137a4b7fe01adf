#include "ssl/train/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace caldera::ssl {
namespace {

std::string Clock(double seconds) {
  const auto s = static_cast<int64_t>(std::max(0.0, seconds));
  if (s >= 3600) {
    return absl::StrFormat("%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
  }
  return absl::StrFormat("%d:%02d", s / 60, s % 60);
}

// Columns of the terminal on stderr, 80 where it does not say.
int Columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return size.ws_col;
  }
  return 80;
}

}  // namespace

Progress::Progress(int64_t total_steps, int64_t steps_per_epoch,
                   int64_t batch_size, int64_t start_step)
    : total_steps_(total_steps),
      steps_per_epoch_(steps_per_epoch),
      batch_size_(batch_size),
      start_step_(start_step),
      terminal_(isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()) {}

double Progress::ImagesPerSecond(int64_t step) const {
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_)
          .count();
  if (step <= start_step_ || seconds <= 0) return 0;
  return static_cast<double>((step - start_step_) * batch_size_) / seconds;
}

std::string Progress::Line(const ProgressState& state) const {
  const double rate = ImagesPerSecond(state.step);
  std::string line = absl::StrFormat(
      "epoch %.1f  step %d/%d  loss %.4f",
      static_cast<double>(state.step) / static_cast<double>(steps_per_epoch_),
      state.step, total_steps_, state.loss);
  if (state.terms.size() > 1) {
    std::string separator = " (";
    for (const auto& [name, value] : state.terms) {
      absl::StrAppendFormat(&line, "%s%s %.4f", separator, name, value);
      separator = ", ";
    }
    line += ")";
  }
  absl::StrAppendFormat(&line, "  lr %.2e", state.lr);
  if (rate > 0) {
    const double left =
        static_cast<double>((total_steps_ - state.step) * batch_size_) / rate;
    absl::StrAppendFormat(&line, "  %.0f img/s  %s left", rate, Clock(left));
  }
  return line;
}

void Progress::Show(const ProgressState& state) {
  std::string line = Line(state);
  if (!terminal_) {
    std::fprintf(stderr, "%s\n", line.c_str());
    return;
  }
  const int columns = Columns();
  if (static_cast<int>(line.size()) >= columns) {
    ProgressState brief = state;  // the time left matters more than the terms
    brief.terms.clear();
    line = Line(brief);
  }
  const int width = columns - static_cast<int>(line.size()) - 4;
  if (width >= 10) {
    const auto filled = static_cast<int>(width * state.step /
                                         std::max<int64_t>(1, total_steps_));
    line = absl::StrCat("[", std::string(filled, '='),
                        std::string(width - filled, ' '), "] ", line);
  } else if (static_cast<int>(line.size()) >= columns) {
    line.resize(columns - 1);  // a wrapped line could not be drawn over
  }
  std::fprintf(stderr, "\r%s\033[K", line.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void Progress::Finish() {
  if (drawn_) std::fputc('\n', stderr);
  drawn_ = false;
}

}  // namespace caldera::ssl
