// Measures how good the encoder is while it trains: train.online.
//
//   auto probe = OnlineProbe::Create(experiment, encoder, run, processes,
//                                    splits, device, &notes, missing);
//   trainer->Observe(*std::move(probe));
//
// At every step a linear head learns from the embeddings and labels of the
// batch. At intervals rank 0 measures on images that are neither masked nor
// augmented, with the encoder in eval mode, and logs
//
//   online.linear_top1  percent that the head classifies correctly
//   online.linear_loss  its cross-entropy on the same images
//   online.knn_top1     percent that k-NN classifies correctly, with the first
//                       k and temperature of eval.knn, among
//                       train.online.knn_images
//
// of the test split, the validation split or, in a set without one, the
// validation part of the training images (eval.measured_on; the head then does
// not learn from that part's labels). A measurement that fails costs its row of
// metrics.jsonl, not the run. No gradient flows back: the run's
// weights are the same bits without the probe.
//
// Both read the feature that eval.feature names, after the final norm. For a
// masked autoencoder the head learns it from the visible tokens and is measured
// on that of all tokens, as solo-learn's online classifier is: features of
// unmasked images would cost one more forward pass at each step. So its
// accuracy is a little below that of the linear probe at the end
// (docs/monitoring.md).
#ifndef CALDERA_SSL_TRAIN_MONITOR_ONLINE_PROBE_H_
#define CALDERA_SSL_TRAIN_MONITOR_ONLINE_PROBE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/program/missing.h"
#include "data/loader/bad_images.h"
#include "data/sets/dataset.h"
#include "eval/features/features.h"
#include "eval/features/opened_splits.h"
#include "eval/spec/eval.pb.h"
#include "ssl/distributed/processes.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/schedule/duration.h"
#include "ssl/train/monitor/online_head.h"
#include "ssl/train/monitor/step_observer.h"
#include "vit/model/encoder.h"

namespace caldera::ssl {

class OnlineProbe : public StepObserver {
 public:
  // Makes a probe for an `experiment` that has train.online. `encoder` is on
  // `device`; `encoder`, `processes` and `missing` outlive the probe. splits:
  // those of the data set; only rank 0 needs more than the training split. Adds
  // to `notes` what is limited or left out. Returns InvalidArgument, beginning
  // with "train.online: ", for a data set without labels of two classes or
  // without a split to measure on, or a training split without labels.
  static absl::StatusOr<std::unique_ptr<OnlineProbe>> Create(
      const Experiment& experiment, vit::Encoder& encoder, const RunLength& run,
      const Processes& processes, const eval::OpenedSplits& splits,
      const at::Device& device, std::vector<std::string>* notes,
      base::Missing& missing);

  absl::Status AfterStep(const StepReport& report, Recorder* recorder) override;
  vit::StateDict State() const override;

 private:
  using DatasetPointer = std::shared_ptr<const data::Dataset>;

  OnlineProbe(const Experiment& experiment, vit::Encoder& encoder,
              const RunLength& run, const Processes& processes,
              const data::DatasetInfo& info, const at::Device& device,
              base::Missing& missing);

  // Takes fewer images, and fewer at a time, where they would not fit.
  void FitIntoMemory();
  absl::Status ChooseImages(const eval::OpenedSplits& splits,
                            std::vector<std::string>* notes);
  absl::Status Measure(int64_t done, Recorder* recorder) const;

  const OnlineProbeSpec spec_;
  const eval::EvalSpec eval_;  // has one k and one temperature
  // True if every sixth training image is measured on, and not learned from.
  const bool holds_out_;
  const int64_t num_classes_, interval_, total_steps_;
  vit::Encoder& encoder_;
  const Processes& processes_;
  base::Missing& missing_;
  eval::FeatureOptions features_;
  // The images of the measurement, on rank 0, and where bad ones are noted.
  DatasetPointer train_, test_;
  std::shared_ptr<data::BadImages> train_bad_, test_bad_;
  OnlineHead head_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_MONITOR_ONLINE_PROBE_H_
