#include "eval/measuring_plan.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/machine/process_memory.h"
#include "eval/features/features.h"
#include "eval/measuring_memory.h"
#include "eval/spec/head_recipe.h"

namespace caldera::eval {
namespace {

constexpr double kGigabyte = 1e9;
constexpr double kMegabyte = 1e6;
constexpr int64_t kSideStep = 8;  // the smallest side as well

MeasuringSizes SizesOf(const EvaluationSets& sets) {
  MeasuringSizes sizes;
  sizes.train = sets.train->size();
  sizes.test = sets.test->size();
  sizes.num_classes = sets.num_classes;
  return sizes;
}

// Returns the most images that go through the encoder at once: a head's batch
// is encoded in parts (ExtractOptions.at_once).
int64_t ImagesAtOnce(const EncoderMeasuring& plan, const EvalSpec& spec,
                     const Tasks& tasks) {
  if (!tasks.linear || !TrainsHeads(spec.linear())) return plan.batch_size;
  return std::max(
      plan.batch_size,
      std::min<int64_t>(plan.at_once, FillRecipe(spec.linear()).batch_size()));
}

std::string SizeText(int64_t bytes) {
  const auto size = static_cast<double>(bytes);
  return size < kGigabyte ? absl::StrFormat("%.3g MB", size / kMegabyte)
                          : absl::StrFormat("%.1f GB", size / kGigabyte);
}

}  // namespace

int64_t MeasuringBudget(const EvalSpec& spec) {
  constexpr auto kMost = std::numeric_limits<int64_t>::max();
  if (spec.memory_gb() == 0) return base::FreeMemory().value_or(kMost) / 2;
  const double bytes = kGigabyte * spec.memory_gb();
  return bytes < 1e18 ? static_cast<int64_t>(bytes) : kMost;
}

EncoderMeasuring PlanEncoder(const EvaluationSets& sets,
                             const vit::EncoderSpec& encoder,
                             const std::vector<Readout>& readouts,
                             const EvalSpec& spec, const Tasks& tasks,
                             const at::Device& device, int64_t budget) {
  MeasuringSizes sizes = SizesOf(sets);
  int64_t blocks = 1;  // of the readout that has the most
  for (const Readout& readout : readouts) {
    blocks = std::max(blocks, static_cast<int64_t>(readout.blocks.size()));
    sizes.width = std::max(sizes.width, WidthOf(readout, encoder));
  }
  sizes.patches = PatchesOf(encoder);
  EncoderMeasuring plan;
  const int64_t images = std::max(sizes.train, sizes.test);
  for (plan.batch_size = spec.batch_size(); plan.batch_size > 0;
       plan.batch_size /= 2) {
    if (plan.batch_size < spec.batch_size()) plan.at_once = plan.batch_size;
    for (plan.readouts = static_cast<int64_t>(readouts.size());
         plan.readouts > 0; --plan.readouts) {
      sizes.readouts = plan.readouts;
      sizes.batch_size = std::min(images, ImagesAtOnce(plan, spec, tasks));
      sizes.arriving =
          EncodingBytes(encoder, {sizes.batch_size, plan.readouts * blocks,
                                  spec.workers(), device.is_cpu()});
      plan.bytes = MeasuringBytes(sizes, spec, tasks);
      if (plan.bytes <= budget) return plan;
    }
  }
  return plan;
}

PixelMeasuring PlanPixels(const EvaluationSets& sets, int64_t image_size,
                          const EvalSpec& spec, const Tasks& tasks,
                          int64_t budget) {
  MeasuringSizes sizes = SizesOf(sets);
  const int64_t channels = sets.train->info().channels;
  PixelMeasuring plan;
  plan.side = image_size;
  while (plan.side > 0) {
    sizes.width = channels * plan.side * plan.side;
    sizes.arriving = RawPixelsBytes(sizes.width);
    plan.bytes = MeasuringBytes(sizes, spec, tasks);
    if (plan.bytes <= budget) return plan;
    plan.side = (plan.side - 1) / kSideStep * kSideStep;
  }
  return plan;
}

DiagnosisMeasuring PlanDiagnosis(int64_t images,
                                 const vit::EncoderSpec& encoder,
                                 int64_t readouts, int64_t other_width,
                                 const EvalSpec& spec, const at::Device& device,
                                 int64_t budget) {
  DiagnosisSizes sizes;
  sizes.other_width = other_width;
  DiagnosisMeasuring plan;
  // All images in several passes are worth more than fewer in one.
  for (plan.images = images; plan.images >= 2; plan.images /= 2) {
    sizes.images = plan.images;
    for (plan.batch_size = spec.batch_size(); plan.batch_size > 0;
         plan.batch_size /= 2) {
      sizes.encoding = {std::min(plan.batch_size, plan.images), readouts,
                        spec.workers(), device.is_cpu()};
      for (plan.views = readouts; plan.views > 0; --plan.views) {
        sizes.views_at_a_time = plan.views;
        plan.bytes = DiagnosisBytes(encoder, sizes);
        if (plan.bytes <= budget) return plan;
      }
    }
  }
  plan.images = 0;
  return plan;
}

std::string TooLarge(int64_t bytes, int64_t budget, const EvalSpec& spec) {
  const bool given = spec.memory_gb() > 0;
  return absl::StrCat(
      "needs ", SizeText(bytes), ", but ",
      given ? "eval.memory_gb leaves " : "half of the free memory leaves ",
      SizeText(budget), " to measuring; set eval.memory_gb",
      given ? " higher" : ", or measure where more is free");
}

}  // namespace caldera::eval
