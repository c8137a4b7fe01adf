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
#include "data/sets/subset.h"
#include "data/split.h"
#include "eval/features/evaluation_sets.h"
#include "eval/knn/knn.h"
#include "eval/limit_to_rows.h"
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

// Returns the images of `set` with a label below `num_classes` for which
// `wanted` is true, `count` of them (0: all) at even distances, so that sets
// sorted by class keep all classes.
std::shared_ptr<const data::Dataset> Pick(
    const std::shared_ptr<const data::Dataset>& set, int64_t count,
    int64_t num_classes, const std::function<bool(int64_t)>& wanted) {
  std::vector<int64_t> images;
  for (int64_t i = 0; i < set->size(); ++i) {
    const int64_t label = set->Label(i);
    if (label >= 0 && label < num_classes && wanted(i)) images.push_back(i);
  }
  const auto there = data::Subset(set, std::move(images));
  return count > 0 ? data::EvenlySpaced(there, count) : there;
}

bool Has(const data::DatasetInfo& info, data::Split split) {
  return std::count(info.splits.begin(), info.splits.end(), split) > 0;
}

// Returns true if labels of two classes are there to be told apart.
bool HasTwoClasses(const data::Dataset& set) {
  int64_t first = -1;
  for (int64_t i = 0; i < set.size(); ++i) {
    const int64_t label = set.Label(i);
    if (label < 0) continue;
    if (first >= 0 && label != first) return true;
    first = label;
  }
  return false;
}

}  // namespace

OnlineProbe::OnlineProbe(const Experiment& experiment, vit::Encoder& encoder,
                         const RunLength& run, const Processes& processes,
                         const data::DatasetInfo& info,
                         const at::Device& device, base::Missing& missing)
    : spec_(experiment.train().online()),
      eval_(WithOneKnn(experiment.eval())),
      holds_out_(eval_.measured_on() == eval::EvalSpec::VALIDATION &&
                 !Has(info, data::Split::kValidation)),
      num_classes_(info.num_classes),
      interval_(WholeSteps(spec_.every(), run, run.total_steps)),
      total_steps_(run.total_steps),
      encoder_(encoder),
      processes_(processes),
      missing_(missing),
      features_{eval_.feature(), eval_.batch_size(), device},
      head_(encoder.spec().embed_dim(), num_classes_, {spec_.lr(), &processes},
            device) {}

absl::StatusOr<std::unique_ptr<OnlineProbe>> OnlineProbe::Create(
    const Experiment& experiment, vit::Encoder& encoder, const RunLength& run,
    const Processes& processes, const eval::OpenedSplits& splits,
    const at::Device& device, std::vector<std::string>* notes,
    base::Missing& missing) {
  ASSIGN_OR_RETURN(const data::Split split,
                   data::ParseSplit(experiment.data().split()));
  if (split != data::Split::kTrain && split != data::Split::kTrainUnlabeled) {
    return Error(absl::StrCat(
        "the linear head learns from the labels of training images, but "
        "data.split is ",
        experiment.data().split(),
        "; train on train or train+unlabeled, or leave train.online out"));
  }
  if (splits.train == nullptr) return splits.why_no_train;
  const data::DatasetInfo& info = splits.train->info();
  if (info.num_classes == 0 || !HasTwoClasses(*splits.train)) {
    return Error(absl::StrCat(info.name,
                              info.num_classes == 0
                                  ? " has no labels"
                                  : " does not have labels of two classes",
                              "; leave train.online out"));
  }
  std::unique_ptr<OnlineProbe> probe(new OnlineProbe(
      experiment, encoder, run, processes, info, device, missing));
  if (processes.rank() != 0) return probe;
  RETURN_IF_ERROR(probe->ChooseImages(splits, notes));
  return probe;
}

void OnlineProbe::FitIntoMemory() {
  const int64_t budget = eval::MeasuringBudget(eval_);
  const int64_t classifier = encoder_.spec().embed_dim() + 2 * num_classes_;
  const auto plan = [&] {
    return eval::PlanEncoder({train_, test_, num_classes_}, encoder_.spec(),
                             {eval::Readout{eval_.feature()}}, eval_,
                             {true, false}, features_.device,
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

absl::Status OnlineProbe::ChooseImages(const eval::OpenedSplits& splits,
                                       std::vector<std::string>* notes) {
  const auto all = [](int64_t) { return true; };
  const auto pick = [&](const DatasetPointer& set, int64_t count,
                        const std::function<bool(int64_t)>& wanted) {
    return Pick(set, count, num_classes_, wanted);
  };
  const std::string& name = splits.train->info().name;
  train_bad_ = splits.train_bad;
  if (holds_out_) {
    test_bad_ = splits.train_bad;
    const at::Tensor held_out =
        eval::HeldOut(at::arange(splits.train->size(), at::kLong));
    const bool* is_held_out = held_out.const_data_ptr<bool>();
    test_ = pick(splits.train, spec_.test_images(),
                 [=](int64_t i) { return is_held_out[i]; });
    train_ = pick(splits.train, spec_.knn_images(),
                  [=](int64_t i) { return !is_held_out[i]; });
  } else {
    const bool validation = eval_.measured_on() == eval::EvalSpec::VALIDATION;
    const DatasetPointer& test = validation ? splits.validation : splits.test;
    if (test == nullptr) {
      const absl::Status& why =
          validation ? splits.why_no_validation : splits.why_no_test;
      return Error(absl::StrCat(
          std::string(why.message()),
          "; to measure on other images, set eval.measured_on to VALIDATION, "
          "or leave train.online out"));
    }
    test_bad_ = validation ? splits.validation_bad : splits.test_bad;
    test_ = pick(test, spec_.test_images(), all);
    train_ = pick(splits.train, spec_.knn_images(), all);
  }
  if (test_->size() == 0) {
    return Error(absl::StrCat(
        name,
        ": there is no labelled image to measure on; set eval.measured_on to ",
        holds_out_ ? "TEST" : "VALIDATION", " or leave train.online out"));
  }
  const int64_t k = eval_.knn().k(0);
  if (train_->size() < k) {
    notes->push_back(absl::StrCat("train.online: eval.knn.k: ", k,
                                  " neighbours of ", train_->size(),
                                  " images are limited to ", train_->size()));
  }
  FitIntoMemory();
  return absl::OkStatus();
}

absl::Status OnlineProbe::AfterStep(const StepReport& report,
                                    Recorder* recorder) {
  at::Tensor labels = report.batch.labels;
  if (holds_out_) {
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
  std::vector<std::pair<std::string, double>> row;
  const bool measured =
      missing_.Attempt("online probe (train.online)", [&]() -> absl::Status {
        eval::FeatureOptions options = features_;
        options.bad_images = test_bad_;
        ASSIGN_OR_RETURN(const auto test,
                         eval::ExtractFeatures(encoder_, test_, options));
        options.bad_images = train_bad_;
        ASSIGN_OR_RETURN(const auto train,
                         eval::ExtractFeatures(encoder_, train_, options));
        const eval::EvalSpec fitting =
            eval::LimitToRows(eval_, train.labels.size(0));
        ASSIGN_OR_RETURN(
            const auto knn,
            eval::EvaluateKnn(train, test, num_classes_, fitting.knn()));
        const OnlineHead::Accuracy linear =
            head_.Measure(test.features, test.labels);
        row = {{"online.linear_top1", linear.top1},
               {"online.linear_loss", linear.loss},
               {"online.knn_top1", knn[0].top1}};
        return absl::OkStatus();
      });
  if (measured) return recorder->LogScalars(done, row);
  return absl::OkStatus();
}

vit::StateDict OnlineProbe::State() const {
  vit::StateDict state;
  for (const auto& [name, tensor] : head_.State()) {
    state["online." + name] = tensor;
  }
  return state;
}

}  // namespace caldera::ssl
