#include "ssl/train/monitor/online_probe.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/where.h>
#include <glog/logging.h>

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "data/sets/open_dataset.h"
#include "data/sets/subset.h"
#include "data/split.h"
#include "eval/features/evaluation_sets.h"
#include "eval/knn/knn.h"
#include "eval/measuring_plan.h"

namespace caldera::ssl {
namespace {

absl::Status Error(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("train.online: ", what));
}

// Keeps the first k and the first temperature: the probe reports one number.
eval::EvalSpec WithOneKnn(eval::EvalSpec spec) {
  eval::KnnSpec& knn = *spec.mutable_knn();
  if (knn.k_size() == 0) knn.add_k(10);  // the default of KnnSpec
  knn.mutable_k()->Truncate(1);
  if (knn.temperature_size() > 1) knn.mutable_temperature()->Truncate(1);
  return spec;
}

// Returns the labelled images of `set` for which `wanted` is true, `count` of
// them (0: all) at even distances, so that sets sorted by class keep all
// classes.
std::shared_ptr<const data::Dataset> Pick(
    const std::shared_ptr<const data::Dataset>& set, int64_t count,
    const std::function<bool(int64_t)>& wanted) {
  std::vector<int64_t> images;
  for (int64_t i = 0; i < set->size(); ++i) {
    if (set->Label(i) >= 0 && wanted(i)) images.push_back(i);
  }
  const auto there = data::Subset(set, std::move(images));
  return count > 0 ? data::EvenlySpaced(there, count) : there;
}

}  // namespace

OnlineProbe::OnlineProbe(const Experiment& experiment, vit::Encoder& encoder,
                         const RunLength& run, const Processes& processes,
                         const at::Device& device, int64_t num_classes)
    : spec_(experiment.train().online()),
      eval_(WithOneKnn(experiment.eval())),
      num_classes_(num_classes),
      interval_(WholeSteps(spec_.every(), run, run.total_steps)),
      total_steps_(run.total_steps),
      encoder_(encoder),
      processes_(processes),
      features_{eval_.feature(), eval_.batch_size(), device},
      head_(encoder.spec().embed_dim(), num_classes, {spec_.lr(), &processes},
            device) {}

absl::StatusOr<std::unique_ptr<OnlineProbe>> OnlineProbe::Create(
    const Experiment& experiment, vit::Encoder& encoder, const RunLength& run,
    const Processes& processes, const at::Device& device) {
  ASSIGN_OR_RETURN(const data::Split split,
                   data::ParseSplit(experiment.data().split()));
  if (split != data::Split::kTrain && split != data::Split::kTrainUnlabeled) {
    return Error(absl::StrCat(
        "the linear head learns from the labels of training images, but "
        "data.split is ",
        experiment.data().split(),
        "; train on train or train+unlabeled, or leave train.online out"));
  }
  ASSIGN_OR_RETURN(auto train,
                   data::OpenDataset(experiment.data(), data::Split::kTrain));
  const int64_t num_classes = train->info().num_classes;
  if (num_classes == 0) {
    return Error(absl::StrCat(train->info().name,
                              " has no labels; leave train.online out"));
  }
  std::unique_ptr<OnlineProbe> probe(new OnlineProbe(
      experiment, encoder, run, processes, device, num_classes));
  if (processes.rank() != 0) return probe;
  RETURN_IF_ERROR(probe->OpenImages(experiment.data(), std::move(train)));
  return probe;
}

void OnlineProbe::FitIntoMemory() {
  const int64_t budget = eval::MeasuringBudget(eval_);
  const int64_t classifier = encoder_.spec().embed_dim() + 2 * num_classes_;
  const auto plan = [&] {
    return eval::PlanEncoder({train_, test_, num_classes_}, encoder_.spec(),
                             /*readouts=*/1, eval_, {true, false},
                             features_.device,
                             budget - 4 * classifier * test_->size());
  };
  const int64_t before = train_->size() + test_->size();
  const int64_t least = std::max(1, eval_.knn().k(0));
  while (plan().readouts == 0) {
    DatasetPointer& more = train_->size() > test_->size() ? train_ : test_;
    if (more->size() <= least) break;  // it is tried all the same
    more = data::EvenlySpaced(more, std::max(least, more->size() / 2));
  }
  features_.batch_size = std::max<int64_t>(1, plan().batch_size);
  if (train_->size() + test_->size() == before) return;
  LOG(WARNING) << "train.online: " << train_->size() << " images for k-NN and "
               << test_->size()
               << " to measure on, fewer than asked for, to fit into memory "
                  "(eval.memory_gb)";
}

absl::Status OnlineProbe::OpenImages(const data::DataSpec& data,
                                     DatasetPointer train) {
  const auto all = [](int64_t) { return true; };
  if (eval_.measured_on() == eval::EvalSpec::VALIDATION) {
    const at::Tensor held_out =
        eval::HeldOut(at::arange(train->size(), at::kLong));
    const bool* is_held_out = held_out.const_data_ptr<bool>();
    test_ = Pick(train, spec_.test_images(),
                 [=](int64_t i) { return is_held_out[i]; });
    train_ = Pick(train, spec_.knn_images(),
                  [=](int64_t i) { return !is_held_out[i]; });
  } else {
    const data::DatasetInfo& info = train->info();
    if (std::count(info.splits.begin(), info.splits.end(),
                   data::Split::kTest) == 0) {
      return Error(absl::StrCat(
          info.name,
          " has no test split to measure on; set eval.measured_on to "
          "VALIDATION or leave train.online out"));
    }
    ASSIGN_OR_RETURN(const auto test,
                     data::OpenDataset(data, data::Split::kTest));
    test_ = Pick(test, spec_.test_images(), all);
    train_ = Pick(train, spec_.knn_images(), all);
  }
  if (train_->size() < eval_.knn().k(0)) {
    return Error(absl::StrCat("knn_images leaves ", train_->size(),
                              " labelled images to k-NN, but eval.knn.k is ",
                              eval_.knn().k(0)));
  }
  if (test_->size() == 0) {
    return Error("there is no labelled image to measure on");
  }
  FitIntoMemory();
  return absl::OkStatus();
}

absl::Status OnlineProbe::AfterStep(const StepReport& report,
                                    Recorder* recorder) {
  at::Tensor labels = report.batch.labels;
  if (eval_.measured_on() == eval::EvalSpec::VALIDATION) {
    const at::Tensor held_out =
        eval::HeldOut(report.batch.index).to(labels.device());
    labels = at::where(held_out, -1, labels);
  }
  head_.Learn(report.embedding, labels);
  const bool due = report.done % interval_ == 0 || report.done == total_steps_;
  if (!due || recorder == nullptr) return absl::OkStatus();
  absl::Status status;
  processes_.RunWhileOthersWait(
      [&] { status = Measure(report.done, recorder); });
  return status;
}

absl::Status OnlineProbe::Measure(int64_t done, Recorder* recorder) const {
  ASSIGN_OR_RETURN(const auto test,
                   eval::ExtractFeatures(encoder_, test_, features_));
  ASSIGN_OR_RETURN(const auto train,
                   eval::ExtractFeatures(encoder_, train_, features_));
  ASSIGN_OR_RETURN(const auto knn,
                   eval::EvaluateKnn(train, test, num_classes_, eval_.knn()));
  const OnlineHead::Accuracy linear = head_.Measure(test.features, test.labels);
  return recorder->LogScalars(done, {{"online.linear_top1", linear.top1},
                                     {"online.linear_loss", linear.loss},
                                     {"online.knn_top1", knn[0].top1}});
}

vit::StateDict OnlineProbe::State() const {
  vit::StateDict state;
  for (const auto& [name, tensor] : head_.State()) {
    state["online." + name] = tensor;
  }
  return state;
}

}  // namespace caldera::ssl
