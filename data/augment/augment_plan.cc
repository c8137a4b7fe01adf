#include "data/augment/augment_plan.h"

#include <glog/logging.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace caldera::data {
namespace {

// A resized image of more pixels than this multiple of the square's is not made
// as a whole. Crops of photos are far below: 48 times as long as wide, with
// ImageNet's share.
constexpr int64_t kMostResized = 64;

// Rounds halves to even, as Python's round().
int64_t Round(double v) { return std::llrint(v); }

void DrawResizedCrop(const RandomResizedCropSpec& spec, int64_t height,
                     int64_t width, base::RandomStream& stream,
                     Rectangle* crop) {
  const double area = static_cast<double>(height) * static_cast<double>(width);
  const double log_min = std::log(spec.min_ratio());
  const double log_max = std::log(spec.max_ratio());
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target =
        area * stream.Uniform(spec.min_scale(), spec.max_scale());
    const double ratio = std::exp(stream.Uniform(log_min, log_max));
    const int64_t w = Round(std::sqrt(target * ratio));
    const int64_t h = Round(std::sqrt(target / ratio));
    if (w < 1 || w > width || h < 1 || h > height) continue;
    const int64_t top = stream.UniformInt(height - h + 1);
    const int64_t left = stream.UniformInt(width - w + 1);
    *crop = {top, left, h, w};
    return;
  }

  const double ratio = static_cast<double>(width) / static_cast<double>(height);
  *crop = {0, 0, height, width};
  if (ratio < spec.min_ratio()) {
    crop->height = Round(static_cast<double>(width) / spec.min_ratio());
    crop->height = std::clamp<int64_t>(crop->height, 1, height);
  } else if (ratio > spec.max_ratio()) {
    crop->width = Round(static_cast<double>(height) * spec.max_ratio());
    crop->width = std::clamp<int64_t>(crop->width, 1, width);
  }
  crop->top = (height - crop->height) / 2;
  crop->left = (width - crop->width) / 2;
}

// Resizes as torchvision's Resize: the short side becomes `side`, the ratio
// stays.
void ResizeWhole(int64_t height, int64_t width, int64_t side,
                 AugmentPlan* plan) {
  plan->crop = {0, 0, height, width};
  plan->resized_height = height < width ? side : side * height / width;
  plan->resized_width = height < width ? side * width / height : side;
}

// Returns the part of an axis of `in` pixels, resized to `out`, that the square
// of side `size` from `begin` on shows.
Axis PartOf(const AugmentPlan& plan, int64_t in, int64_t out, int64_t begin,
            int64_t size) {
  int64_t first = out, last = -1;
  for (int64_t i = begin; i < begin + size; ++i) {
    const int64_t output = MirroredIndex(i, out, plan.padding_mode);
    if (output < 0) continue;
    first = std::min(first, output);
    last = std::max(last, output);
  }
  if (last < 0) first = last = 0;  // nothing but padding
  return PartOfAxis(in, out, plan.filter, {first, last - first + 1});
}

// Leaves the parts of the image that the square of side `size` does not need
// out of a plan that resizes the whole image, if it were to become enormous.
void LeaveOut(int64_t size, AugmentPlan* plan) {
  if (plan->resized_height * plan->resized_width <=
      kMostResized * size * size) {
    return;
  }
  plan->down =
      PartOf(*plan, plan->crop.height, plan->resized_height, plan->top, size);
  plan->across =
      PartOf(*plan, plan->crop.width, plan->resized_width, plan->left, size);
  plan->crop = {plan->down.inputs.begin, plan->across.inputs.begin,
                plan->down.inputs.count, plan->across.inputs.count};
}

}  // namespace

int64_t MirroredIndex(int64_t i, int64_t size,
                      RandomCropSpec::PaddingMode mode) {
  if (i >= 0 && i < size) return i;
  if (mode == RandomCropSpec::ZERO) return -1;
  if (size == 1) return 0;
  const int64_t period = 2 * (size - 1);
  i = (i % period + period) % period;
  return std::min(i, period - i);
}

Fill FillOf(const std::vector<double>& mean) {
  CHECK(!mean.empty() && mean.size() <= 3) << mean.size();
  Fill fill;
  for (size_t c = 0; c < fill.size(); ++c) {
    fill[c] = static_cast<uint8_t>(
        std::clamp(Round(255 * mean[std::min(c, mean.size() - 1)]), int64_t{0},
                   int64_t{255}));
  }
  return fill;
}

base::RandomStream AugmentStream(uint64_t seed, int64_t epoch, int64_t index,
                                 int64_t view, int64_t repeat) {
  CHECK(index >= 0 && index < int64_t{1} << 40) << index;
  CHECK(view >= 0 && view < 256) << view;
  CHECK(repeat >= 0 && repeat < 256) << repeat;
  return base::RandomStream(seed, "augment", epoch,
                            index | view << 48 | repeat << 40);
}

AugmentPlan FitPlan(int64_t height, int64_t width, int64_t image_size) {
  AugmentPlan plan;
  const int64_t side = std::min(height, width);
  plan.crop = {(height - side) / 2, (width - side) / 2, side, side};
  plan.resized_height = plan.resized_width = image_size;
  return plan;
}

Augmentation::Augmentation(const AugmentSpec& from) : spec(from) {
  auto read = PixelOpPart::Read(from);
  CHECK(read.ok()) << read.status();
  ops = *std::move(read);
}

AugmentPlan DrawAugmentPlan(const Augmentation& augmentation, int64_t height,
                            int64_t width, const AugmentTarget& target,
                            base::RandomStream& stream) {
  const AugmentSpec& spec = augmentation.spec;
  const int64_t size = target.image_size;
  AugmentPlan plan = FitPlan(height, width, size);
  // The flip is drawn first, so that it does not depend on a crop's tries.
  plan.flip = stream.Uniform() < spec.horizontal_flip();
  if (spec.has_random_resized_crop()) {
    const RandomResizedCropSpec& crop = spec.random_resized_crop();
    DrawResizedCrop(crop, height, width, stream, &plan.crop);
    if (crop.interpolation() == RandomResizedCropSpec::BILINEAR) {
      plan.filter = Filter::kBilinear;
    }
  } else if (spec.has_random_crop()) {
    const int64_t padding = spec.random_crop().padding();
    ResizeWhole(height, width, size, &plan);
    plan.padding_mode = spec.random_crop().padding_mode();
    plan.top = stream.UniformInt(plan.resized_height + 2 * padding - size + 1) -
               padding;
    plan.left = stream.UniformInt(plan.resized_width + 2 * padding - size + 1) -
                padding;
    LeaveOut(size, &plan);
  } else if (spec.has_center_crop()) {
    const auto side = static_cast<int64_t>(static_cast<double>(size) /
                                           spec.center_crop().share());
    ResizeWhole(height, width, side, &plan);
    plan.top = Round(static_cast<double>(plan.resized_height - size) / 2);
    plan.left = Round(static_cast<double>(plan.resized_width - size) / 2);
    LeaveOut(size, &plan);
  }
  for (const PixelOpDraw& draw : augmentation.ops) draw(stream, &plan.ops);
  for (PixelOp& op : plan.ops) op.fill = target.fill;
  return plan;
}

AugmentPlan DrawAugmentPlanInside(const Augmentation& augmentation,
                                  const Rectangle& box,
                                  const AugmentTarget& target,
                                  base::RandomStream& stream) {
  AugmentPlan plan =
      DrawAugmentPlan(augmentation, box.height, box.width, target, stream);
  plan.crop.top += box.top;
  plan.crop.left += box.left;
  return plan;
}

}  // namespace caldera::data
