// Fits a state dict to the names and shapes of a model, and reports what became
// of every tensor.
//
//   vit::FittedWeights fitted =
//       vit::FitWeights(weights.tensors, vit::EncoderShapes(spec));
//   if (fitted.report.missing.empty()) Load(fitted.tensors);
//
// Position embeddings are interpolated bicubically to the wanted grid. The rows
// before those of the patches are matched too: the row of DeiT's distillation
// token is dropped, and where timm has no row for the CLS token a row of zeros
// is added, which leaves the model the same. A patch embedding is resampled to
// other patches and, from or to one, to another number of channels
// (resample_patches.h).
#ifndef CALDERA_VIT_WEIGHTS_FIT_WEIGHTS_H_
#define CALDERA_VIT_WEIGHTS_FIT_WEIGHTS_H_

#include <string>
#include <utility>
#include <vector>

#include "vit/state_dict.h"
#include "vit/weights/checkpoint_layout.h"

namespace caldera::vit {

struct FitReport {
  std::vector<std::string> taken;  // names of unchanged tensors
  // Pairs of a name and what was done: "14x14 -> 24x24".
  std::vector<std::pair<std::string, std::string>> interpolated;
  std::vector<std::string> missing;  // wanted names
  // Sentences on wanted names whose tensors have another shape.
  std::vector<std::string> mismatched;
  std::vector<std::string> left_over;  // names that the model lacks
};

struct FittedWeights {
  StateDict tensors;  // taken and interpolated
  FitReport report;
};

// Returns the tensors of `weights` that fit `wanted`, and the report.
FittedWeights FitWeights(const StateDict& weights, const TensorShapes& wanted);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_FIT_WEIGHTS_H_
