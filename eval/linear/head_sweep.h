// Sweeps linear heads over learning rates and weight decays: all learn from one
// pass over the features, and the one that is best on held-out training images
// is measured.
//
//   HeadsSpec heads = FillRecipe(spec.linear());
//   auto sweep = SweepCachedFeatures({train}, {test}, 10, heads);
//   (*sweep)[0].top1;  // of the chosen head, on the test set, percent
//
// Caveat: where there is a choice, every tenth training row chooses and none of
// the heads learns from it; a single head learns from all rows.
#ifndef CALDERA_EVAL_LINEAR_HEAD_SWEEP_H_
#define CALDERA_EVAL_LINEAR_HEAD_SWEEP_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "eval/features/labelled_features.h"
#include "eval/linear/feature_batch.h"
#include "eval/spec/eval.pb.h"

namespace caldera::eval {

struct HeadResult {
  double base_lr, weight_decay;
  double held_out_top1;  // percent; 0 for a single head
  bool diverged;         // its weights are not finite; never chosen
};

struct HeadSweep {
  std::vector<HeadResult> heads;  // in the order of HeadSettings
  size_t chosen;
  double top1, top5;  // of the chosen head, on test, percent
};

// Rows `stride - 1`, ... of this stride are held out where there is a choice.
inline constexpr int64_t kHeldOutStride = 10;

// Returns true if `heads` has several settings to choose from.
bool HasChoice(const HeadsSpec& heads);

// Returns InvalidArgument "linear.heads.batch_size: ..." if `rows` training
// rows, less those that are held out for a choice, do not fill one batch.
absl::Status CheckBatch(const HeadsSpec& heads, int64_t rows);

// The features that heads learn from, are chosen on and are measured on, with
// the same readouts.
struct SweepInput {
  FeatureBatches train;
  std::optional<FeatureBlocks> held_out;  // none for a single head: a CHECK
  FeatureBlocks test;
};

// heads: complete (FillRecipe). Returns one sweep for each of the features:
// linear heads for [B, D], heads behind attention pooling for tokens [B, N, D].
// Errors: those of the batches, and FailedPrecondition where every head has
// diverged.
absl::StatusOr<std::vector<HeadSweep>> SweepHeads(
    const SweepInput& input, int64_t num_classes, const HeadsSpec& heads,
    const AttentionPoolingSpec& pooling = AttentionPoolingSpec());

// Likewise on cached features [N, D]; all entries of `train` share their
// labels. Further errors: those of CheckTrainAndTest and CheckBatch.
absl::StatusOr<std::vector<HeadSweep>> SweepCachedFeatures(
    const std::vector<LabelledFeatures>& train,
    const std::vector<LabelledFeatures>& test, int64_t num_classes,
    const HeadsSpec& heads);

// The sizes of the features that heads read.
struct SweepSizes {
  int64_t train = 0, test = 0;  // rows
  int64_t width = 0;
  int64_t tokens = 0;    // of an image, behind attention pooling; else 0
  int64_t readouts = 1;  // features whose heads train side by side
  bool cached = true;    // SweepCachedFeatures, on features that are there
  // Rows that are measured at a time where they are not cached.
  int64_t test_batch = 0;
};

// Returns the bytes that a sweep holds, beside the features if they are cached.
// heads: complete.
int64_t SweepBytes(const SweepSizes& sizes, int64_t num_classes,
                   const HeadsSpec& heads, const AttentionPoolingSpec& pooling);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_LINEAR_HEAD_SWEEP_H_
