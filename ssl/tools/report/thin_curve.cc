#include "ssl/tools/report/thin_curve.h"

#include <glog/logging.h>

#include <algorithm>

namespace caldera::ssl {
namespace {

void Append(const Curve& from, size_t i, Curve* to) {
  to->step.push_back(from.step[i]);
  to->epoch.push_back(from.epoch[i]);
  to->value.push_back(from.value[i]);
}

}  // namespace

Curve ThinCurve(const Curve& curve, size_t most) {
  CHECK_GE(most, 4);
  const size_t size = curve.value.size();
  if (size <= most) return curve;
  Curve thin;
  Append(curve, 0, &thin);
  const size_t stretches = (most - 2) / 2, inner = size - 2;
  for (size_t s = 0; s < stretches; ++s) {
    const auto begin = curve.value.begin() + 1 + s * inner / stretches;
    const auto end = curve.value.begin() + 1 + (s + 1) * inner / stretches;
    const auto [low, high] = std::minmax_element(begin, end);
    const size_t a = low - curve.value.begin(), b = high - curve.value.begin();
    Append(curve, std::min(a, b), &thin);
    if (*low != *high) Append(curve, std::max(a, b), &thin);
  }
  Append(curve, size - 1, &thin);
  return thin;
}

}  // namespace caldera::ssl
