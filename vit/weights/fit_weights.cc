#include "vit/weights/fit_weights.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <cstdint>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "vit/grid.h"
#include "vit/position_embedding.h"
#include "vit/resample_patches.h"

namespace caldera::vit {
namespace {

struct Fitted {
  at::Tensor tensor;
  std::string how;
};

// Fits position, [1, special tokens + N, D], to `shape`; returns none where
// that is impossible. `special` of its rows, or none, belong to tokens before
// the patches; the first is the CLS token's.
std::optional<Fitted> FitPosition(const at::Tensor& position, int64_t special,
                                  const std::vector<int64_t>& shape,
                                  int64_t wanted_special) {
  if (position.dim() != 3 || position.size(0) != 1 ||
      position.size(2) != shape[2]) {
    return std::nullopt;
  }
  const int64_t rows = position.size(1);
  if (SquareGrid(rows - special).size() == 0) special = 0;
  const Grid from = SquareGrid(rows - special);
  const Grid to = SquareGrid(shape[1] - wanted_special);
  if (from.size() == 0 || to.size() == 0) return std::nullopt;
  std::vector<std::string> how;
  if (from != to) {
    how.push_back(absl::StrCat(from.height, "x", from.width, " -> ", to.height,
                               "x", to.width));
  }
  // The resize runs in float32: not every device has it in half precision.
  const at::Tensor patches =
      InterpolatePositionEmbedding(position.slice(1, special).to(at::kFloat), 0,
                                   from, to)
          .to(position.scalar_type());  // [1, N', D]
  std::vector<at::Tensor> parts;
  if (wanted_special > 0) {
    if (special == 0) {
      how.push_back("a row of zeros for the CLS token");
      parts.push_back(
          at::zeros({1, wanted_special, shape[2]}, position.options()));
    } else {
      parts.push_back(position.slice(1, 0, wanted_special));
    }
  }
  for (int64_t row = wanted_special; row < special; ++row) {
    how.push_back(row == 0 ? "without the CLS token's row"
                           : "without the distillation token's row");
  }
  parts.push_back(patches);
  return Fitted{at::cat(parts, 1), absl::StrJoin(how, ", ")};
}

// Fits a patch embedding, [D, C, P, P], to `shape`; returns none where the
// channels or the widths do not allow it.
std::optional<Fitted> FitPatches(const at::Tensor& weight,
                                 const std::vector<int64_t>& shape) {
  if (weight.dim() != 4 || shape.size() != 4 || weight.size(0) != shape[0] ||
      weight.size(2) != weight.size(3) || shape[2] != shape[3] ||
      weight.numel() == 0) {
    return std::nullopt;
  }
  std::vector<std::string> how;
  at::Tensor fitted = ResampleChannels(weight, shape[1]);
  if (!fitted.defined()) return std::nullopt;
  if (weight.size(1) != shape[1]) {
    how.push_back(absl::StrCat(weight.size(1), " -> ", shape[1], " channels"));
  }
  if (weight.size(2) != shape[2]) {
    how.push_back(absl::StrCat("patches of ", weight.size(2), " -> ", shape[2],
                               " pixels"));
    fitted = ResamplePatches(fitted, shape[2]);
  }
  return Fitted{fitted, absl::StrJoin(how, ", ")};
}

}  // namespace

FittedWeights FitWeights(const StateDict& weights, const TensorShapes& wanted) {
  FittedWeights out;
  const int64_t cls = static_cast<int64_t>(weights.count("cls_token"));
  const int64_t special =
      cls + static_cast<int64_t>(weights.count("dist_token"));
  const int64_t wanted_special =
      static_cast<int64_t>(wanted.count("cls_token"));
  for (const auto& [name, shape] : wanted) {
    const auto found = weights.find(name);
    if (found == weights.end()) {
      out.report.missing.push_back(name);
      continue;
    }
    const at::Tensor& tensor = found->second;
    if (tensor.sizes() == at::IntArrayRef(shape)) {
      out.report.taken.push_back(name);
      out.tensors[name] = tensor;
      continue;
    }
    std::optional<Fitted> fitted;
    if (name == "pos_embed") {
      fitted = FitPosition(tensor, special, shape, wanted_special);
    } else if (name == "decoder_pos_embed") {
      fitted = FitPosition(tensor, cls, shape, wanted_special);
    } else if (name == "patch_embed.proj.weight") {
      fitted = FitPatches(tensor, shape);
    }
    if (!fitted.has_value()) {
      out.report.mismatched.push_back(absl::StrCat(
          "tensor \"", name, "\" has the shape [",
          absl::StrJoin(tensor.sizes(), ", "), "], the model needs [",
          absl::StrJoin(shape, ", "), "]"));
      continue;
    }
    out.report.interpolated.emplace_back(name, fitted->how);
    out.tensors[name] = fitted->tensor;
  }
  for (const auto& [name, unused] : weights) {
    if (wanted.count(name) == 0) out.report.left_over.push_back(name);
  }
  return out;
}

}  // namespace caldera::vit
