// Computes what measuring holds in memory, from sizes alone: the bound
// eval.memory_gb and the forecast of --dry_run use the same numbers.
//
//   MeasuringSizes sizes;
//   sizes.train = 50'000, sizes.test = 10'000;
//   sizes.width = 192, sizes.num_classes = 10;
//   int64_t peak = MeasuringBytes(sizes, spec, Tasks{});
//
// Caveat: these are the tensors of each moment's peak. Beside them the program
// holds what it held before, and allocators keep some of what was given back.
#ifndef CALDERA_EVAL_MEASURING_MEMORY_H_
#define CALDERA_EVAL_MEASURING_MEMORY_H_

#include <cstdint>

#include "eval/evaluate.h"
#include "eval/spec/eval.pb.h"
#include "vit/vit.pb.h"

namespace caldera::eval {

struct MeasuringSizes {
  int64_t train = 0, test = 0;  // images
  int64_t num_classes = 0;
  int64_t width = 0;     // numbers of a feature
  int64_t readouts = 1;  // features of an image that are held at a time
  // Patches of an image. 0: there is no encoder, and heads learn from features
  // as they are (EvaluateFeatures).
  int64_t patches = 0;
  int64_t batch_size = 0;  // images that become features at a time
  int64_t arriving = 0;    // the bytes that these hold meanwhile
};

// Returns the peak in bytes of measuring these features by `tasks`: first all
// images become features, then one feature after another is measured and given
// back, then heads learn from augmented images or from patches.
int64_t MeasuringBytes(const MeasuringSizes& sizes, const EvalSpec& spec,
                       const Tasks& tasks);

// Returns the patches of an image.
int64_t PatchesOf(const vit::EncoderSpec& encoder);

// The images that an encoder reads, some at a time.
struct EncodingSizes {
  int64_t batch_size = 0;
  int64_t readouts = 1;
  int workers = 1;
  bool on_cpu = true;  // else only pixels are in this machine's memory
};

// Returns the bytes of images on their way through an encoder, without a
// gradient: in the loader's queue, as floats, in a block, and its taps.
int64_t EncodingBytes(const vit::EncoderSpec& encoder,
                      const EncodingSizes& sizes);

struct DiagnosisSizes {
  int64_t images = 0;
  EncodingSizes encoding;       // with all readouts, which are held together
  int64_t views_at_a_time = 1;  // readouts whose two views are held
  int64_t other_width = 0;      // numbers of an image of a second encoder
};

// Returns the peak in bytes of DiagnoseEncoder.
int64_t DiagnosisBytes(const vit::EncoderSpec& encoder,
                       const DiagnosisSizes& sizes);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_MEASURING_MEMORY_H_
