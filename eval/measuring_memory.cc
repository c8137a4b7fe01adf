#include "eval/measuring_memory.h"

#include <algorithm>

#include "data/loader/loader.h"
#include "eval/features/labelled_features.h"
#include "eval/knn/knn.h"
#include "eval/linear/head_sweep.h"
#include "eval/linear/linear_probe.h"
#include "eval/spec/head_recipe.h"
#include "vit/model/cost.h"

namespace caldera::eval {
namespace {

constexpr int64_t kFloat = 4, kDouble = 8, kLong = 8;

// Returns what a task holds beside one feature of all images.
int64_t TaskBytes(const MeasuringSizes& sizes, const EvalSpec& spec, bool knn,
                  bool linear) {
  const int64_t train = sizes.train, test = sizes.test;
  int64_t bytes = CheckFeaturesBytes(std::max(train, test), sizes.width);
  if (knn) {
    bytes = std::max(bytes, KnnBytes(train, test, sizes.width,
                                     sizes.num_classes, spec.knn()));
  }
  if (!linear) return bytes;
  if (!TrainsHeads(spec.linear())) {
    return std::max(bytes, LinearProbeBytes(train, test, sizes.width,
                                            sizes.num_classes, spec.linear()));
  }
  SweepSizes heads;
  heads.train = train;
  heads.test = test;
  heads.width = sizes.width;
  return std::max(bytes, SweepBytes(heads, sizes.num_classes,
                                    FillRecipe(spec.linear()), {}));
}

}  // namespace

int64_t MeasuringBytes(const MeasuringSizes& sizes, const EvalSpec& spec,
                       const Tasks& tasks) {
  const bool on_heads = tasks.linear && TrainsHeads(spec.linear());
  HeadsSpec heads;
  if (on_heads) heads = FillRecipe(spec.linear());
  const bool pooled =
      sizes.patches > 0 && on_heads && spec.linear().has_attention_pooling();
  const bool augmented =
      sizes.patches > 0 && on_heads && heads.images() == HeadsSpec::AUGMENTED;
  // The heads do not learn from the features that are held.
  const bool apart = pooled || augmented;
  const int64_t row = kFloat * sizes.width;
  const int64_t labels = kLong * (sizes.train + sizes.test);
  const bool holds_train = tasks.knn || (tasks.linear && !apart);
  const bool holds_test = tasks.knn || !pooled;
  int64_t held = labels;
  if (holds_train) held += sizes.readouts * row * sizes.train;
  if (holds_test) held += sizes.readouts * row * sizes.test;
  int64_t peak = held + sizes.arriving;
  if (holds_train) {
    peak = std::max(
        peak, held + TaskBytes(sizes, spec, tasks.knn, tasks.linear && !apart));
  }
  if (!apart) return peak;

  SweepSizes sweep;
  sweep.train = sizes.train;
  sweep.test = sizes.test;
  sweep.width = sizes.width;
  sweep.tokens = pooled ? sizes.patches : 0;
  sweep.readouts = sizes.readouts;
  sweep.cached = false;
  sweep.test_batch = pooled ? sizes.batch_size : sizes.test;
  int64_t sweeping = labels + sizes.arriving +
                     SweepBytes(sweep, sizes.num_classes, heads,
                                spec.linear().attention_pooling());
  if (!pooled) sweeping += sizes.readouts * row * sizes.test;
  if (!augmented) {
    sweeping += sizes.readouts * row * sizes.patches * sizes.train;
  }
  return std::max(peak, sweeping);
}

int64_t PatchesOf(const vit::EncoderSpec& encoder) {
  const int64_t side = encoder.image_size() / encoder.patch_size();
  return side * side;
}

int64_t EncodingBytes(const vit::EncoderSpec& encoder,
                      const EncodingSizes& sizes) {
  const int64_t pixels =
      int64_t{encoder.channels()} * encoder.image_size() * encoder.image_size();
  const int64_t patches = PatchesOf(encoder);
  const int64_t tokens =
      patches + (encoder.class_token() ? 1 : 0) + encoder.register_tokens();
  const int64_t queue =
      std::max(data::LoaderOptions().prefetch, sizes.workers) + 1;
  int64_t image = queue * pixels;
  if (sizes.on_cpu) {
    vit::EncoderSpec block = encoder;
    block.set_depth(1);
    // The taps are kept to the end, and what the final norm makes of the last.
    image += kFloat * (pixels + vit::EncoderCost(block, patches).activations +
                       (sizes.readouts + 1) * tokens * encoder.embed_dim());
  }
  return sizes.batch_size * image;
}

int64_t DiagnosisBytes(const vit::EncoderSpec& encoder,
                       const DiagnosisSizes& sizes) {
  constexpr int64_t kRows = 1024;  // of hypersphere.cc
  const int64_t images = sizes.images, width = encoder.embed_dim();
  const int64_t feature = kFloat * images * width;
  // Two copies in double with two of their steps, and the kernel of a block of
  // rows; or copies of the patch tokens of a batch.
  const int64_t measuring = 4 * kDouble * images * width +
                            2 * kDouble * std::min(kRows, images) * images;
  const int64_t tokens =
      4 * kDouble * sizes.encoding.batch_size * PatchesOf(encoder) * width;
  return sizes.encoding.readouts * feature +
         std::max({2 * sizes.views_at_a_time * feature + measuring,
                   kFloat * images * sizes.other_width + measuring, tokens}) +
         EncodingBytes(encoder, sizes.encoding);
}

}  // namespace caldera::eval
