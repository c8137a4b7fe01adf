#include "base/draw/color_map.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/nan_to_num.h>
#include <ATen/ops/tensor.h>

namespace caldera::base {
namespace {

// Ten evenly spaced colours of the map, which is nearly linear between them.
constexpr std::array<Rgb, 10> kViridis = {{{68, 1, 84},
                                           {72, 40, 120},
                                           {62, 73, 137},
                                           {49, 104, 142},
                                           {38, 130, 142},
                                           {31, 158, 137},
                                           {53, 183, 121},
                                           {110, 206, 88},
                                           {181, 222, 43},
                                           {253, 231, 37}}};

// The eight colours of Okabe and Ito, then twelve further ones.
constexpr std::array<Rgb, 20> kClasses = {
    {{0, 114, 178},   {213, 94, 0},    {0, 158, 115},  {204, 121, 167},
     {230, 159, 0},   {86, 180, 233},  {60, 60, 60},   {153, 153, 51},
     {136, 34, 85},   {68, 1, 200},    {170, 110, 40}, {0, 200, 200},
     {250, 90, 90},   {120, 200, 60},  {128, 128, 0},  {0, 0, 128},
     {255, 170, 200}, {170, 255, 195}, {90, 60, 40},   {200, 200, 0}}};

}  // namespace

at::Tensor Viridis(const at::Tensor& values) {
  std::array<float, 3 * kViridis.size()> flat{};
  for (size_t i = 0; i < kViridis.size(); ++i) {
    for (size_t c = 0; c < 3; ++c) flat[3 * i + c] = kViridis[i][c];
  }
  const at::Tensor table =
      at::tensor(at::ArrayRef<float>(flat.data(), flat.size())).view({-1, 3});
  const at::Tensor place = at::nan_to_num(values.detach().cpu().to(at::kFloat))
                               .clamp(0, 1)
                               .mul(static_cast<double>(kViridis.size() - 1));
  const at::Tensor below =
      place.floor().clamp_max(static_cast<double>(kViridis.size() - 2));
  const at::Tensor share = (place - below).unsqueeze(-1);  // [..., H, W, 1]
  const auto color = [&](const at::Tensor& index) {
    at::IntArrayRef sizes = index.sizes();
    std::vector<int64_t> shape(sizes.begin(), sizes.end());
    shape.push_back(3);
    return table.index_select(0, index.reshape({-1})).view(shape);
  };
  const at::Tensor first = below.to(at::kLong);
  const at::Tensor mixed =
      color(first) * (1 - share) + color(first + 1) * share;  // [..., H, W, 3]
  return mixed.round().to(at::kByte).movedim(-1, -3).contiguous();
}

Rgb ClassColor(int64_t label) {
  if (label < 0) return {160, 160, 160};
  return kClasses[label % kClasses.size()];
}

}  // namespace caldera::base
