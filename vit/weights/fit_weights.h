#ifndef CALDERA_VIT_WEIGHTS_FIT_WEIGHTS_H_
#define CALDERA_VIT_WEIGHTS_FIT_WEIGHTS_H_

// Brings a state dict to the names and shapes that a model wants, and says what
// became of every tensor.
//
//   vit::FittedWeights fitted =
//       vit::FitWeights(weights.tensors, vit::EncoderShapes(spec));
//   if (fitted.report.missing.empty()) Load(fitted.tensors);
//
// Position embeddings are brought to the wanted grid by bicubic interpolation.
// What stands before the patches' rows is matched too: the row of DeiT's
// distillation token goes, and where timm embeds no position for the CLS token
// a row of zeros comes, which is the same model.

#include <string>
#include <utility>
#include <vector>

#include "vit/state_dict.h"
#include "vit/weights/checkpoint_layout.h"

namespace caldera::vit {

struct FitReport {
  std::vector<std::string> taken;  // as they were
  // Name, and what was done: "14x14 -> 24x24".
  std::vector<std::pair<std::string, std::string>> interpolated;
  std::vector<std::string> missing;  // wanted names
  // Wanted names whose tensors have another shape, in words.
  std::vector<std::string> mismatched;
  std::vector<std::string> left_over;  // names that nobody wants
};

struct FittedWeights {
  StateDict tensors;  // taken and interpolated
  FitReport report;
};

FittedWeights FitWeights(const StateDict& weights, const TensorShapes& wanted);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_FIT_WEIGHTS_H_
