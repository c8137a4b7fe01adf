#include "data/mixup.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <glog/logging.h>

#include <algorithm>
#include <cmath>

namespace caldera::data {
namespace {

// Gamma(shape, 1) by Marsaglia and Tsang (2000); shape > 0.
double Gamma(double shape, RandomStream& stream) {
  if (shape < 1) {
    const double boost = std::pow(1 - stream.Uniform(), 1 / shape);
    return Gamma(shape + 1, stream) * boost;
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = stream.Normal();
    const double v = std::pow(1 + c * x, 3);
    const double u = 1 - stream.Uniform();
    if (v > 0 && std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) {
      return d * v;
    }
  }
}

double Beta(double alpha, RandomStream& stream) {
  const double a = Gamma(alpha, stream), b = Gamma(alpha, stream);
  // Both underflow where alpha is tiny; the distribution is then 0 or 1.
  return a + b > 0 ? a / (a + b) : std::round(stream.Uniform());
}

// The part of [centre - length / 2, + length) inside [0, size).
void Clip(int64_t centre, int64_t length, int64_t size, int64_t* begin,
          int64_t* count) {
  const int64_t from = centre - length / 2, to = centre + length / 2;
  *begin = std::clamp<int64_t>(from, 0, size);
  *count = std::clamp<int64_t>(to, 0, size) - *begin;
}

}  // namespace

MixPlan DrawMixPlan(const MixupSpec& spec, int64_t height, int64_t width,
                    RandomStream& stream) {
  MixPlan plan;
  const bool mixup = spec.mixup_alpha() > 0, cutmix = spec.cutmix_alpha() > 0;
  const bool chosen = stream.Uniform() < spec.probability();
  const bool cut =
      stream.Uniform() < (mixup ? spec.switch_probability() : 1.0) && cutmix;
  if (!chosen || !(mixup || cutmix)) return plan;
  plan.lambda = Beta(cut ? spec.cutmix_alpha() : spec.mixup_alpha(), stream);
  if (!cut) return plan;

  const double side = std::sqrt(1 - plan.lambda);  // as a share of the image's
  const auto h = static_cast<int64_t>(static_cast<double>(height) * side);
  const auto w = static_cast<int64_t>(static_cast<double>(width) * side);
  Clip(stream.UniformInt(height), h, height, &plan.cut.top, &plan.cut.height);
  Clip(stream.UniformInt(width), w, width, &plan.cut.left, &plan.cut.width);
  if (plan.cut.height == 0 || plan.cut.width == 0) return MixPlan();
  plan.lambda = 1 - static_cast<double>(plan.cut.height * plan.cut.width) /
                        static_cast<double>(height * width);
  return plan;
}

MixedBatch Mix(const MixPlan& plan, const at::Tensor& images,
               const at::Tensor& labels, int64_t num_classes,
               double label_smoothing) {
  CHECK_EQ(images.dim(), 4);
  CHECK_EQ(labels.numel(), images.size(0));
  const double off = label_smoothing / static_cast<double>(num_classes);
  at::Tensor targets =  // [B, num_classes]
      at::full({labels.numel(), num_classes}, off,
               images.options().dtype(at::kFloat));
  targets.scatter_(1, labels.view({-1, 1}), 1 - label_smoothing + off);
  if (plan.lambda == 1) return {images.clone(), targets};

  const at::Tensor others = images.flip({0});
  targets = targets * plan.lambda + targets.flip({0}) * (1 - plan.lambda);
  if (plan.cut.height == 0) {
    return {images * plan.lambda + others * (1 - plan.lambda), targets};
  }
  const auto part = [&](const at::Tensor& t) {
    return t.narrow(2, plan.cut.top, plan.cut.height)
        .narrow(3, plan.cut.left, plan.cut.width);
  };
  MixedBatch mixed{images.clone(), targets};
  part(mixed.images).copy_(part(others));
  return mixed;
}

}  // namespace caldera::data
