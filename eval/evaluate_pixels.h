// Measures raw pixels, the floor of every comparison.
//
//   EvaluatePixels(*sets, /*image_size=*/224, spec, Tasks{}, emit, missing);
//
// Pixels of large images and many of them would take hundreds of gigabytes:
// where they do not fit into memory_gb, images are shrunk until they do, and
// the rows' setting says "side": 32. Pixels that do not fit even at 8 x 8 are
// left out with a warning.
#ifndef CALDERA_EVAL_EVALUATE_PIXELS_H_
#define CALDERA_EVAL_EVALUATE_PIXELS_H_

#include <cstdint>

#include "base/program/missing.h"
#include "eval/evaluate.h"
#include "eval/features/evaluation_sets.h"
#include "eval/spec/eval.pb.h"

namespace caldera::eval {

// Emits the rows of evaluate.h under "raw pixels", of images that are resized
// to image_size; sets.no_labels is empty. What fails is noted in `missing`.
void EvaluatePixels(const EvaluationSets& sets, int64_t image_size,
                    const EvalSpec& spec, const Tasks& tasks,
                    const EmitRow& emit, base::Missing& missing);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_EVALUATE_PIXELS_H_
