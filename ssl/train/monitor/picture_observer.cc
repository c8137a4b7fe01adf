#include "ssl/train/monitor/picture_observer.h"

#include <optional>
#include <utility>

namespace caldera::ssl {

PictureObserver::PictureObserver(ReconstructionPictures pictures,
                                 Method& method, int64_t interval,
                                 int64_t total_steps,
                                 const Processes& processes)
    : pictures_(std::move(pictures)),
      method_(method),
      interval_(interval),
      total_steps_(total_steps),
      processes_(processes) {}

absl::Status PictureObserver::AfterStep(const StepReport& report,
                                        Recorder* recorder) {
  const bool due = report.done % interval_ == 0 || report.done == total_steps_;
  if (!due || recorder == nullptr) return absl::OkStatus();
  absl::Status status;
  processes_.Alone([&] {
    const std::optional<at::Tensor> picture = pictures_.Draw(method_);
    if (picture.has_value()) {
      status = recorder->LogImage(report.done, "reconstructions", *picture);
    }
  });
  return status;
}

}  // namespace caldera::ssl
