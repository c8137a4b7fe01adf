#include "ssl/methods/class_count.h"

#include "absl/strings/str_cat.h"

namespace caldera::ssl {

absl::StatusOr<int64_t> ClassCount(const Experiment& experiment,
                                   const data::Dataset* dataset) {
  const ClassificationSpec& spec = experiment.classification();
  if (dataset == nullptr) {
    if (spec.has_num_classes()) return spec.num_classes();
    return absl::InvalidArgumentError(
        "classification.num_classes: is missing, and there is no data set to "
        "tell it");
  }
  const data::DatasetInfo& info = dataset->info();
  if (info.num_classes < 2) {
    return absl::InvalidArgumentError(absl::StrCat(
        "data.dataset: ", info.name, " has ",
        info.num_classes == 0 ? "no labels" : "a single class",
        ", but classification learns labels; choose a labelled set"));
  }
  if (spec.has_num_classes() && spec.num_classes() != info.num_classes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "classification.num_classes: ", spec.num_classes(), ", but ", info.name,
        " has ", info.num_classes, " classes; leave it out"));
  }
  for (int64_t i = 0; i < dataset->size(); ++i) {
    if (dataset->Label(i) >= 0) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "data.split: ", experiment.data().split(), " of ", info.name,
        " holds images without a label (the first is image ", i,
        "), but classification learns labels; choose a labelled split"));
  }
  return info.num_classes;
}

}  // namespace caldera::ssl
