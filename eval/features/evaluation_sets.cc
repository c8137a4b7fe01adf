#include "eval/features/evaluation_sets.h"

#include <ATen/TensorOperators.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "data/sets/subset.h"

namespace caldera::eval {
namespace {

constexpr int64_t kStride = 6;
constexpr int64_t kFewestClasses = 2;

absl::Status Refuse(const data::DatasetInfo& info, const std::string& part,
                    const std::string& what) {
  return absl::InvalidArgumentError(
      absl::StrCat(info.name, ", ", part, " images: ", what));
}

// The labelled rows of a split, or of a part of it.
struct Labelled {
  std::vector<int64_t> rows;
  std::vector<int64_t> of_class;  // how many of each class
  int64_t unlabelled = 0;

  int64_t classes() const {
    return std::count_if(of_class.begin(), of_class.end(),
                         [](int64_t count) { return count > 0; });
  }
};

// Sorts `rows` of `dataset`; refuses labels that are no class.
absl::StatusOr<Labelled> Sort(const data::Dataset& dataset,
                              const std::string& part,
                              const std::vector<int64_t>& rows) {
  const data::DatasetInfo& info = dataset.info();
  Labelled labelled;
  labelled.of_class.resize(info.num_classes);
  for (const int64_t i : rows) {
    const int64_t label = dataset.Label(i);
    if (label < -1 || (label >= info.num_classes && info.num_classes > 0)) {
      return Refuse(info, part,
                    absl::StrCat("label ", label, " of image ", i,
                                 " is not between 0 and ", info.num_classes - 1,
                                 "; give it a class of the set"));
    }
    if (label == -1 || info.num_classes == 0) {
      ++labelled.unlabelled;
      continue;
    }
    labelled.rows.push_back(i);
    ++labelled.of_class[label];
  }
  return labelled;
}

// Returns `rows` of `dataset`, which stays as it is if these are all.
DatasetPointer Rows(const DatasetPointer& dataset, std::vector<int64_t> rows) {
  if (static_cast<int64_t>(rows.size()) == dataset->size()) return dataset;
  return data::Subset(dataset, std::move(rows));
}

std::vector<int64_t> AllRows(const data::Dataset& dataset) {
  return HoldOutEvery(dataset.size() + 1, dataset.size()).kept;
}

// A class number must mean the same in both.
absl::Status CheckNames(const data::DatasetInfo& train,
                        const data::DatasetInfo& test) {
  const size_t shared =
      std::min(train.class_names.size(), test.class_names.size());
  for (size_t c = 0; c < shared; ++c) {
    if (train.class_names[c] == test.class_names[c]) continue;
    return Refuse(test, "test",
                  absl::StrCat("class ", c, " is ", test.class_names[c],
                               ", but ", train.class_names[c],
                               " in the training images; give both the same "
                               "classes"));
  }
  return absl::OkStatus();
}

// What accuracies are measured on, before labels are looked at.
struct Parts {
  DatasetPointer train, test;  // test: null if why_none says why
  std::vector<int64_t> train_rows, test_rows;
  std::string source, why_none;
};

absl::StatusOr<Parts> PartsOf(const OpenedSplits& splits,
                              EvalSpec::Part measured_on) {
  Parts parts;
  parts.train = splits.train;
  if (splits.train == nullptr) return splits.why_no_train;
  parts.train_rows = AllRows(*splits.train);
  const bool test = measured_on == EvalSpec::TEST;
  const absl::Status& why =
      test ? splits.why_no_test : splits.why_no_validation;
  parts.test = test ? splits.test : splits.validation;
  parts.source = test ? "test" : "validation";
  if (parts.test == nullptr && !absl::IsNotFound(why)) return why;
  if (parts.test != nullptr && parts.test->size() > 0) {
    parts.test_rows = AllRows(*parts.test);
    return parts;
  }
  if (test) {
    parts.why_none =
        parts.test == nullptr
            ? std::string(why.message())
            : absl::StrCat(splits.train->info().name, " has no test images");
    absl::StrAppend(&parts.why_none,
                    "; eval.measured_on: VALIDATION holds out training images");
  } else if (splits.train->size() < kStride) {
    return absl::InvalidArgumentError(
        absl::StrCat("measured_on: VALIDATION holds out every ", kStride,
                     "th training image, but there are only ",
                     splits.train->size(), "; use TEST"));
  }
  HeldOutRows rows = HoldOutEvery(kStride, splits.train->size());
  parts.test = splits.train;
  parts.test_rows = std::move(rows.held_out);
  parts.train_rows = std::move(rows.kept);
  parts.source = test ? "train" : "validation";
  return parts;
}

std::string WhyNoLabels(const data::DatasetInfo& info, const Labelled& train,
                        const Labelled& test) {
  if (train.rows.empty()) return absl::StrCat(info.name, " has no labels");
  if (train.classes() < kFewestClasses) {
    return absl::StrCat(info.name,
                        ": all training images with a label are of one class, "
                        "which leaves nothing to tell apart");
  }
  if (test.rows.empty()) {
    return absl::StrCat(info.name, ": no image to measure on has a label");
  }
  return "";
}

// Says what is left out, or counts as wrong.
void AddNotes(const Parts& parts, const Labelled& train, const Labelled& test,
              EvaluationSets* sets) {
  const auto note = [&](auto&&... text) {
    sets->notes.push_back(
        absl::StrCat(parts.train->info().name, ": ", text...));
  };
  if (train.unlabelled > 0) {
    note(train.unlabelled, " of ", parts.train_rows.size(),
         " training images have no label; k-NN and the probe leave them out");
  }
  if (test.unlabelled > 0) {
    note(test.unlabelled, " of ", parts.test_rows.size(), " ", sets->source,
         " images have no label; accuracies leave them out");
  }
  if (sets->unseen > 0) {
    note(sets->unseen, " of ", test.rows.size(), " ", sets->source,
         " images are of classes that no training image has; they can "
         "hardly be right");
  }
  if (test.classes() < train.classes()) {
    note("accuracies are measured on ", test.classes(), " of ", train.classes(),
         " classes: the ", sets->source, " images have no others");
  }
}

}  // namespace

at::Tensor HeldOut(const at::Tensor& index) {
  return index.remainder(kStride).eq(kStride - 1);
}

HeldOutRows HoldOutEvery(int64_t stride, int64_t n) {
  HeldOutRows rows;
  for (int64_t i = 0; i < n; ++i) {
    (i % stride == stride - 1 ? rows.held_out : rows.kept).push_back(i);
  }
  return rows;
}

absl::StatusOr<EvaluationSets> MakeEvaluationSets(const OpenedSplits& splits,
                                                  const SetOptions& options) {
  ASSIGN_OR_RETURN(Parts parts, PartsOf(splits, options.measured_on));
  EvaluationSets sets;
  sets.source = parts.source;
  sets.train_bad = data::BadImagesUnder(options.on_bad_image);
  sets.test_bad = parts.test == parts.train
                      ? sets.train_bad
                      : data::BadImagesUnder(options.on_bad_image);
  const data::DatasetInfo& info = parts.train->info();
  ASSIGN_OR_RETURN(Labelled train,
                   Sort(*parts.train, "training", parts.train_rows));
  ASSIGN_OR_RETURN(Labelled test,
                   Sort(*parts.test, sets.source, parts.test_rows));
  sets.no_labels =
      !parts.why_none.empty() ? parts.why_none : WhyNoLabels(info, train, test);
  if (!sets.no_labels.empty()) {
    sets.train = parts.train;
    // A few images more make the measures better, where these are all there is.
    sets.test = parts.test_rows.size() < 2
                    ? parts.train
                    : Rows(parts.test, std::move(parts.test_rows));
    return sets;
  }
  RETURN_IF_ERROR(CheckNames(info, parts.test->info()));
  sets.num_classes = std::max(info.num_classes, parts.test->info().num_classes);
  train.of_class.resize(sets.num_classes);
  test.of_class.resize(sets.num_classes);
  for (int64_t c = 0; c < sets.num_classes; ++c) {
    if (train.of_class[c] == 0) sets.unseen += test.of_class[c];
  }
  sets.train_unlabelled = train.unlabelled;
  sets.test_unlabelled = test.unlabelled;
  AddNotes(parts, train, test, &sets);
  sets.train = Rows(parts.train, std::move(train.rows));
  sets.test = Rows(parts.test, std::move(test.rows));
  return sets;
}

}  // namespace caldera::eval
