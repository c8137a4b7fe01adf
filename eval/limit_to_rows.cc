#include "eval/limit_to_rows.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "eval/linear/head_sweep.h"
#include "eval/spec/head_recipe.h"

namespace caldera::eval {
namespace {

using Notes = std::vector<std::string>;

constexpr int64_t kDefaultK = 10;  // of KnnSpec
// Images that go through an encoder at a time: a batch is made of such parts.
constexpr int64_t kPart = 512;

void LimitNeighbours(int64_t rows, KnnSpec* spec, Notes* notes) {
  std::vector<int64_t> ks(spec->k().begin(), spec->k().end());
  if (ks.empty()) ks.push_back(kDefaultK);
  if (*std::max_element(ks.begin(), ks.end()) <= rows) return;
  spec->clear_k();
  for (const int64_t k : ks) {
    const int64_t limited = std::min(k, rows);
    if (k > rows && notes != nullptr) {
      notes->push_back(absl::StrCat("eval.knn.k: ", k, " neighbours of ", rows,
                                    " training images are limited to ", rows));
    }
    const bool there = std::find(spec->k().begin(), spec->k().end(), limited) !=
                       spec->k().end();
    if (!there) spec->add_k(static_cast<int32_t>(limited));
  }
}

void LimitHeads(int64_t rows, LinearProbeSpec* spec, Notes* notes) {
  HeadsSpec& own = *spec->mutable_heads();
  HeadsSpec heads = FillRecipe(*spec);
  if (HasChoice(heads) && rows < kHeldOutStride) {
    own.clear_base_lr();
    own.add_base_lr(heads.base_lr(0));
    own.clear_weight_decay();
    own.add_weight_decay(heads.weight_decay(0));
    heads = FillRecipe(*spec);
    if (notes != nullptr) {
      notes->push_back(absl::StrCat(
          "eval.linear.heads: ", rows,
          " training images are too few to choose among heads; the first "
          "base_lr and weight_decay are trained alone"));
    }
  }
  const int64_t learns = HasChoice(heads) ? rows - rows / kHeldOutStride : rows;
  if (heads.batch_size() <= learns) return;
  const int64_t batch = learns > kPart ? learns / kPart * kPart : learns;
  if (notes != nullptr) {
    notes->push_back(
        absl::StrCat("eval.linear.heads.batch_size: ", heads.batch_size(),
                     " of ", learns, " training images is limited to ", batch));
  }
  own.set_batch_size(static_cast<int32_t>(batch));
}

}  // namespace

EvalSpec LimitToRows(EvalSpec spec, int64_t rows, Notes* notes) {
  if (rows < 1) return spec;
  LimitNeighbours(rows, spec.mutable_knn(), notes);
  if (TrainsHeads(spec.linear())) {
    LimitHeads(rows, spec.mutable_linear(), notes);
  }
  return spec;
}

}  // namespace caldera::eval
