#include "ssl/train/label_free/held_out_measures.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "base/random_stream.h"
#include "base/status.h"
#include "data/data.pb.h"
#include "data/loader/first_images.h"
#include "data/sets/subset.h"
#include "eval/diagnostics/hypersphere.h"
#include "eval/diagnostics/spectrum.h"
#include "eval/features/labelled_features.h"
#include "eval/features/readout.h"
#include "eval/figures/neighbour_figure.h"
#include "ssl/train/step/device_batch.h"

namespace caldera::ssl {
namespace {

// Images that a method sees at once: a training step's activations without its
// gradients.
constexpr int64_t kAtOnce = 64;
constexpr int64_t kPhotos = 6, kNeighbours = 5;

struct Source {
  eval::DatasetPointer set;
  std::shared_ptr<data::BadImages> bad;
  const char* split;
};

Source SourceOf(const eval::OpenedSplits& splits) {
  if (splits.validation != nullptr && splits.validation->size() > 1) {
    return {splits.validation, splits.validation_bad, "validation"};
  }
  if (splits.test != nullptr && splits.test->size() > 1) {
    return {splits.test, splits.test_bad, "test"};
  }
  return {splits.train, splits.train_bad, "train"};
}

absl::Status TooFew(int64_t images) {
  return absl::InvalidArgumentError(absl::StrCat(
      "train.label_free: there are ", images,
      " images to measure on, but distances need two; hold more out "
      "(data.held_out_share), or leave label_free out"));
}

// The views of alignment and uniformity: RandomResizedCrop and a flip, as in
// eval/diagnose_encoder.h.
data::AugmentSpec Views() {
  data::AugmentSpec augment;
  augment.mutable_random_resized_crop();
  return augment;
}

data::Batch Rows(const data::Batch& batch, int64_t from, int64_t count) {
  data::Batch rows;
  rows.views = {batch.views[0].narrow(0, from, count)};
  rows.labels = batch.labels.narrow(0, from, count);
  rows.index = batch.index.narrow(0, from, count);
  rows.plans = {
      {batch.plans[0].begin() + from, batch.plans[0].begin() + from + count}};
  return rows;
}

}  // namespace

absl::StatusOr<HeldOutMeasures> HeldOutMeasures::Open(
    const Experiment& experiment, const eval::OpenedSplits& splits,
    const at::Device& device) {
  const LabelFreeSpec& spec = experiment.train().label_free();
  const Source source = SourceOf(splits);
  if (source.set == nullptr) return splits.why_no_train;
  if (source.set->size() < 2) return TooFew(source.set->size());
  const auto chosen = data::EvenlySpaced(source.set, spec.images());
  HeldOutMeasures held_out;
  ASSIGN_OR_RETURN(
      held_out.batch_,
      data::FirstImages(chosen, chosen->size(),
                        experiment.encoder().image_size(), source.bad));
  held_out.images_ =
      source.bad == nullptr ? chosen : data::WithoutBad(chosen, *source.bad);
  if (held_out.images_->size() < 2) return TooFew(held_out.images_->size());
  held_out.skipped_ = chosen->size() - held_out.images_->size();
  held_out.split_ = source.split;
  held_out.info_ = chosen->info();
  held_out.seed_ = experiment.seed();
  // Pixels are the target where none is named.
  held_out.predicts_pixels_ =
      experiment.has_mae() && !experiment.mae().has_target();
  eval::EvalSpec last;
  last.set_feature(experiment.eval().feature());
  ASSIGN_OR_RETURN(held_out.readout_,
                   eval::ReadoutsOf(last, experiment.encoder()));
  held_out.extract_.batch_size =
      std::min<int64_t>(experiment.eval().batch_size(), kAtOnce);
  held_out.extract_.device = device;
  held_out.extract_.workers = experiment.eval().workers();
  return held_out;
}

absl::StatusOr<at::Tensor> HeldOutMeasures::Features(Method& method,
                                                     bool augmented,
                                                     uint64_t seed) const {
  eval::ExtractOptions options = extract_;
  options.seed = seed;
  if (augmented) options.augment = Views();
  ASSIGN_OR_RETURN(
      const auto extracted,
      eval::ExtractReadouts(method.encoder(), images_, readout_, options));
  RETURN_IF_ERROR(eval::CheckFeatures(extracted[0].features, "held-out"));
  return extracted[0].features;
}

double HeldOutMeasures::Reconstruction(Method& method) const {
  const at::NoGradGuard no_grad;
  const base::Streams streams{seed_, /*step=*/0};
  const int64_t n = batch_.index.size(0);
  double sum = 0;
  for (int64_t from = 0; from < n; from += kAtOnce) {
    const int64_t count = std::min(kAtOnce, n - from);
    const DeviceBatch batch =
        ToDevice(Rows(batch_, from, count), info_, extract_.device);
    const StepOutput output = method.Forward(
        method.Drawn(method.Prepare(batch, streams), streams), streams);
    for (const Term& term : output.terms) {
      if (term.name != "reconstruction") continue;
      sum += static_cast<double>(count) * term.value.item<double>();
    }
  }
  return sum / static_cast<double>(n);
}

absl::StatusOr<LabelFreeMeasures> HeldOutMeasures::Measure(
    Method& method) const {
  const auto restored = absl::MakeCleanup(
      [&method, training = method.is_training()] { method.train(training); });
  method.eval();
  LabelFreeMeasures measures;
  measures.images = images_->size();
  measures.skipped = skipped_;
  if (predicts_pixels_) measures.reconstruction = Reconstruction(method);
  ASSIGN_OR_RETURN(const at::Tensor features, Features(method, false, 0));
  measures.effective_rank = eval::RankMe(features);
  const at::Tensor values = eval::CovarianceSpectrum(features);  // [D]
  const double squares = values.square().sum().item<double>();
  const double sum = values.sum().item<double>();
  measures.participation = squares > 0 ? sum * sum / squares : 0;
  ASSIGN_OR_RETURN(const at::Tensor one, Features(method, true, 0));
  ASSIGN_OR_RETURN(const at::Tensor two, Features(method, true, 1));
  measures.alignment = eval::Alignment(one, two);
  measures.uniformity = 0.5 * (eval::Uniformity(one) + eval::Uniformity(two));
  return measures;
}

absl::StatusOr<at::Tensor> HeldOutMeasures::DrawNeighbours(
    Method& method) const {
  ASSIGN_OR_RETURN(const at::Tensor features, Features(method, false, 0));
  return eval::NeighbourFigure(batch_.views[0], features, kPhotos, kNeighbours);
}

}  // namespace caldera::ssl
