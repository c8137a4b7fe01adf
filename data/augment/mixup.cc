#include "data/augment/mixup.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <glog/logging.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "data/augment/copy_to_device.h"

namespace caldera::data {
namespace {

// Draws from Gamma(shape, 1) by Marsaglia and Tsang (2000); shape > 0.
double Gamma(double shape, base::RandomStream& stream) {
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

double Beta(double alpha, base::RandomStream& stream) {
  const double a = Gamma(alpha, stream), b = Gamma(alpha, stream);
  // Both underflow if alpha is tiny; the distribution is then 0 or 1.
  return a + b > 0 ? a / (a + b) : std::round(stream.Uniform());
}

// Clips [centre - length / 2, + length) to [0, size).
void Clip(int64_t centre, int64_t length, int64_t size, int64_t* begin,
          int64_t* count) {
  const int64_t from = centre - length / 2, to = centre + length / 2;
  *begin = std::clamp<int64_t>(from, 0, size);
  *count = std::clamp<int64_t>(to, 0, size) - *begin;
}

}  // namespace

MixPlan DrawMixPlan(const MixupSpec& spec, int64_t height, int64_t width,
                    base::RandomStream& stream) {
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

MixPlans DrawMixPlans(const MixupSpec& spec, const base::Streams& streams,
                      const at::Tensor& index, int64_t repeats, int64_t height,
                      int64_t width) {
  const int64_t b = index.numel();
  const int64_t* sample = index.const_data_ptr<int64_t>();
  MixPlans plans;
  plans.plan.resize(b);
  plans.partner.resize(b);
  std::iota(plans.partner.begin(), plans.partner.end(), 0);
  for (int64_t group = 0; group + 2 * repeats <= b; group += 2 * repeats) {
    for (int64_t copy = 0; copy < repeats; ++copy) {
      const int64_t first = group + copy, second = first + repeats;
      base::RandomStream stream =
          streams.Sample("mixup", sample[first] | copy << 40);
      plans.plan[first] = plans.plan[second] =
          DrawMixPlan(spec, height, width, stream);
      plans.partner[first] = second;
      plans.partner[second] = first;
    }
  }
  return plans;
}

MixedBatch Mix(const MixPlans& plans, const at::Tensor& images,
               const at::Tensor& targets) {
  CHECK_EQ(images.dim(), 4);
  CHECK_EQ(static_cast<int64_t>(plans.plan.size()), images.size(0));
  CHECK_EQ(targets.size(0), images.size(0));
  const int64_t b = images.size(0);
  // Each row has its share, and its rectangle as [top, bottom) and [left,
  // right).
  std::vector<double> numbers;
  for (const MixPlan& plan : plans.plan) {
    const Rectangle& cut = plan.cut;
    for (const double value : {plan.lambda, static_cast<double>(cut.top),
                               static_cast<double>(cut.top + cut.height),
                               static_cast<double>(cut.left),
                               static_cast<double>(cut.left + cut.width)}) {
      numbers.push_back(value);
    }
  }
  const at::Tensor numbers_of_rows =
      CopyToDevice(at::tensor(numbers, at::kDouble)
                       .view({b, 5, 1, 1, 1})
                       .to(images.scalar_type()),
                   images.device());
  const auto number = [&](int64_t i) {
    return numbers_of_rows.select(1, i);  // [B, 1, 1, 1]
  };
  const at::Tensor row =
      at::arange(images.size(2), images.options()).view({-1, 1});
  const at::Tensor column = at::arange(images.size(3), images.options());
  const at::Tensor cut = (row >= number(1))
                             .logical_and(row < number(2))
                             .logical_and(column >= number(3))
                             .logical_and(column < number(4));  // [B, 1, H, W]
  const at::Tensor is_cut = number(2) > number(1);              // [B, 1, 1, 1]
  const at::Tensor share =
      at::where(is_cut, cut.logical_not().to(images.scalar_type()), number(0));

  const at::Tensor partner = CopyToDevice(at::tensor(plans.partner, at::kLong),
                                          images.device());  // [B]
  const at::Tensor lambda =
      number(0).view({-1, 1}).to(targets.scalar_type());  // [B, 1]
  return {images * share + images.index_select(0, partner) * (1 - share),
          targets * lambda + targets.index_select(0, partner) * (1 - lambda)};
}

}  // namespace caldera::data
