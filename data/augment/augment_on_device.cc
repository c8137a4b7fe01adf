#include "data/augment/augment_on_device.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <glog/logging.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "data/augment/copy_to_device.h"

namespace caldera::data {
namespace {

// The crop of each image along one axis.
struct Spans {
  std::vector<float> begin, length;
  std::vector<bool> flip;
};

at::Tensor OnDevice(const std::vector<float>& values, const at::Tensor& like) {
  return CopyToDevice(at::tensor(values), like.device()).view({-1, 1, 1});
}

// Pillow's filters (a = -0.5 for bicubic), elementwise.
at::Tensor Weight(const at::Tensor& x, Filter filter) {
  const at::Tensor d = x.abs();
  if (filter == Filter::kBilinear) return (1 - d).clamp_min(0);
  const at::Tensor near = (1.5 * d - 2.5) * d * d + 1;
  const at::Tensor far = (((d - 5) * d + 8) * d - 4) * -0.5;
  return at::where(d < 1, near, at::where(d < 2, far, 0 * d));
}

// Returns float32 [B, out, in]: row o holds the weight of each input in output
// o. See Taps in resample.cc; beyond the filter's support the weights are 0
// anyway.
at::Tensor Weights(const Spans& spans, Filter filter, int64_t in, int64_t out,
                   const at::Tensor& like) {
  const auto options = like.options().dtype(at::kFloat);
  const auto size = static_cast<float>(out);
  // Output o is at first + o * step pixels of the crop, mirrored if flipped.
  std::vector<float> first, step, stretch;
  for (size_t b = 0; b < spans.begin.size(); ++b) {
    const float scale = spans.length[b] / size;
    first.push_back((spans.flip[b] ? size - 0.5f : 0.5f) * scale);
    step.push_back(spans.flip[b] ? -scale : scale);
    stretch.push_back(std::max(scale, 1.0f));
  }
  const at::Tensor centre =
      OnDevice(first, like) +
      OnDevice(step, like) * at::arange(out, options).view({1, -1, 1});
  const at::Tensor input =  // [B, 1, in], in pixels of the crop
      at::arange(in, options).view({1, 1, -1}) - OnDevice(spans.begin, like);
  const at::Tensor weights =
      Weight((input + 0.5 - centre) / OnDevice(stretch, like), filter) *
      ((input >= 0) * (input < OnDevice(spans.length, like)));
  return weights / weights.sum(-1, /*keepdim=*/true);
}

// Resizes a group of images whose axes are resized in the same order.
at::Tensor Resized(const std::vector<AugmentPlan>& plans,
                   const at::Tensor& images, int64_t size, bool columns_first) {
  Spans rows, columns;  // along the width; along the height
  for (const AugmentPlan& plan : plans) {
    columns.begin.push_back(static_cast<float>(plan.crop.top));
    columns.length.push_back(static_cast<float>(plan.crop.height));
    columns.flip.push_back(false);
    rows.begin.push_back(static_cast<float>(plan.crop.left));
    rows.length.push_back(static_cast<float>(plan.crop.width));
    rows.flip.push_back(plan.flip);
  }
  const Filter filter = plans[0].filter;
  const bool bytes = images.scalar_type() == at::kByte;
  const auto rounded = [&](const at::Tensor& t) {
    // Rounds halves up, as Pillow does.
    return bytes ? (t + 0.5).floor().clamp(0, 255) : t;
  };
  const at::Tensor down =  // [B, 1, S, H]
      Weights(columns, filter, images.size(2), size, images).unsqueeze(1);
  const at::Tensor across =  // [B, 1, W, S]
      Weights(rows, filter, images.size(3), size, images)
          .unsqueeze(1)
          .transpose(2, 3);
  at::Tensor x = images.to(at::kFloat);  // [B, C, H, W]
  if (columns_first) {
    x = at::matmul(rounded(at::matmul(down, x)), across);
  } else {
    x = at::matmul(down, rounded(at::matmul(x, across)));
  }
  return rounded(x).to(images.scalar_type());  // [B, C, S, S]
}

}  // namespace

absl::StatusOr<at::Tensor> LoadImages(const Dataset& dataset,
                                      const at::Device& device) {
  const DatasetInfo& info = dataset.info();
  if (info.height == 0 || info.width == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(info.name,
                     ": has images of different sizes, which do not "
                     "fit one tensor; use the loader"));
  }
  at::Tensor all = at::empty(
      {dataset.size(), info.channels, info.height, info.width}, at::kByte);
  for (int64_t i = 0; i < dataset.size(); ++i) {
    ASSIGN_OR_RETURN(const at::Tensor image, dataset.Image(i));
    if (image.sizes() != all.sizes().slice(1)) {
      return absl::InvalidArgumentError(absl::StrCat(
          info.name, ", image ", i, ": has shape [",
          absl::StrJoin(image.sizes(), ", "), "], expected [",
          absl::StrJoin(all.sizes().slice(1), ", "), "]; use the loader"));
    }
    all.select(0, i).copy_(image);
  }
  return all.to(device);
}

at::Tensor AugmentOnDevice(const std::vector<AugmentPlan>& plans,
                           const at::Tensor& images, int64_t image_size) {
  CHECK_EQ(images.dim(), 4);
  CHECK_EQ(plans.size(), images.size(0));
  at::Tensor out =
      at::empty({images.size(0), images.size(1), image_size, image_size},
                images.options());
  for (const bool columns_first : {false, true}) {
    std::vector<AugmentPlan> group;
    std::vector<int64_t> members;
    for (size_t b = 0; b < plans.size(); ++b) {
      const AugmentPlan& plan = plans[b];
      CHECK(plan.ops.empty() && plan.top == 0 && plan.left == 0);
      CHECK(plan.resized_height == image_size &&
            plan.resized_width == image_size);
      CHECK(plan.filter == plans[0].filter);
      if (ColumnsFirst(plan.crop.height, plan.crop.width, image_size,
                       image_size) == columns_first) {
        group.push_back(plan);
        members.push_back(static_cast<int64_t>(b));
      }
    }
    if (group.empty()) continue;
    const at::Tensor index = CopyToDevice(at::tensor(members), images.device());
    out.index_copy_(0, index,
                    Resized(group, images.index_select(0, index), image_size,
                            columns_first));
  }
  return out;
}

}  // namespace caldera::data
