// Plans how an encoder and raw pixels are measured within a bound of memory.
//
//   const int64_t budget = MeasuringBudget(spec);
//   EncoderMeasuring plan = PlanEncoder(sizes, encoder, 3, spec, Tasks{},
//                                       device, budget);
//   plan.readouts;    // so many features from one pass over the images
//   PixelMeasuring floor = PlanPixels(sizes, 3, 224, spec, Tasks{}, budget);
//   floor.side;       // 32: images shrunk to 32 x 32
//
// What fits as it is, is measured as it is: a plan changes nothing then.
#ifndef CALDERA_EVAL_MEASURING_PLAN_H_
#define CALDERA_EVAL_MEASURING_PLAN_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "eval/evaluate.h"
#include "eval/features/evaluation_sets.h"
#include "eval/features/readout.h"
#include "eval/spec/eval.pb.h"
#include "vit/vit.pb.h"

namespace caldera::eval {

// Returns the bytes that measuring may hold: spec.memory_gb, or half of what is
// free now.
int64_t MeasuringBudget(const EvalSpec& spec);

struct EncoderMeasuring {
  int64_t readouts = 0;    // that are held at a time; 0: not even one fits
  int64_t batch_size = 0;  // spec.batch_size, or less where that does not fit
  int64_t at_once = 512;   // ExtractOptions.at_once
  int64_t bytes = 0;       // at the peak; of one readout if that does not fit
};

// Plans the features of an encoder on `device`: as many at a time as fit, if
// need be with smaller batches. The sizes have train, test and num_classes.
EncoderMeasuring PlanEncoder(const EvaluationSets& sets,
                             const vit::EncoderSpec& encoder,
                             const std::vector<Readout>& readouts,
                             const EvalSpec& spec, const Tasks& tasks,
                             const at::Device& device, int64_t budget);

struct PixelMeasuring {
  int64_t side = 0;   // of the images; 0: not even the smallest fit
  int64_t bytes = 0;  // at the peak; of the smallest if they do not fit
};

// Plans raw pixels of images of image_size x image_size: of these if they fit,
// else shrunk to the largest side that is a multiple of 8 and fits, so that
// machines with a little more or less memory give comparable rows.
PixelMeasuring PlanPixels(const EvaluationSets& sets, int64_t image_size,
                          const EvalSpec& spec, const Tasks& tasks,
                          int64_t budget);

struct DiagnosisMeasuring {
  int64_t images = 0;      // 0: not even two fit
  int64_t views = 0;       // readouts whose augmented views are held at a time
  int64_t batch_size = 0;  // as in EncoderMeasuring
  int64_t bytes = 0;
};

// Plans DiagnoseEncoder on up to `images` images, with `readouts` of `encoder`
// and `other_width` numbers of an image from a second encoder (0: none).
DiagnosisMeasuring PlanDiagnosis(int64_t images,
                                 const vit::EncoderSpec& encoder,
                                 int64_t readouts, int64_t other_width,
                                 const EvalSpec& spec, const at::Device& device,
                                 int64_t budget);

// Returns "needs 12.3 GB, but eval.memory_gb leaves 4.0 GB to measuring; ...",
// with what to do.
std::string TooLarge(int64_t bytes, int64_t budget, const EvalSpec& spec);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_MEASURING_PLAN_H_
