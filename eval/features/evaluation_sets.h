// The images that k-NN and the probe learn from, and those they are measured
// on.
//
//   auto sets = MakeEvaluationSets(OpenSplits(spec.data()),
//                                  {spec.measured_on(), on_bad_image});
//   if (sets->no_labels.empty()) EvaluateEncoder("m_mae", encoder, *sets, ...);
//
// Everything that would invalidate a measurement is found here, before features
// are extracted for hours, and before a run trains. What can be measured all
// the same is, with a note: images without a label are left out, a set without
// labels leaves the measures that need none.
#ifndef CALDERA_EVAL_FEATURES_EVALUATION_SETS_H_
#define CALDERA_EVAL_FEATURES_EVALUATION_SETS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/data.pb.h"
#include "data/loader/bad_images.h"
#include "eval/features/opened_splits.h"
#include "eval/spec/eval.pb.h"

namespace caldera::eval {

struct EvaluationSets {
  // The labelled images of both. Without labels, `test` has the images for
  // measures that need none.
  DatasetPointer train, test;
  int64_t num_classes = 0;  // of both together

  // Why there is no accuracy: "flowers has no labels"; "": there is one.
  std::string no_labels;
  // The split from which `test` is: "test", "validation" or "train".
  std::string source;

  // Where images that cannot be read are noted, to be left out; null: the first
  // one is an error (data.loader.on_bad_image).
  std::shared_ptr<data::BadImages> train_bad, test_bad;

  // What is left out of each, or can hardly be right (rows state it).
  int64_t train_unlabelled = 0, test_unlabelled = 0;
  int64_t unseen = 0;  // test images of classes that no training image has
  std::vector<std::string> notes;  // the same for people
};

struct SetOptions {
  EvalSpec::Part measured_on = EvalSpec::TEST;
  data::LoaderSpec::OnBadImage on_bad_image = data::LoaderSpec::FAIL;
};

// Returns which training images VALIDATION measures on in a set without a split
// for it: `index` int64 [...], positions in the train split -> bool [...].
at::Tensor HeldOut(const at::Tensor& index);

// Rows 0 to n - 1 in two parts.
struct HeldOutRows {
  std::vector<int64_t> kept, held_out;
};

// Holds out rows stride - 1, 2 stride - 1, ...: by stride, so that sets sorted
// by class keep all classes in both.
HeldOutRows HoldOutEvery(int64_t stride, int64_t n);

// For TEST, returns train and test. For VALIDATION, the validation split takes
// the test split's place; in a set without one, every sixth image of train
// does. Errors: InvalidArgument that begins with the set's name: a label that
// is no class (with its index), a class number with another name in train than
// in test; those of opening a split that is needed and there; "measured_on:
// ..." for fewer than six images to hold out from.
absl::StatusOr<EvaluationSets> MakeEvaluationSets(const OpenedSplits& splits,
                                                  const SetOptions& options);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_FEATURES_EVALUATION_SETS_H_
