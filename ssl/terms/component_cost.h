// The costs of a step's components, by name, and the sizes that follow from a
// method and a batch.
//
//   std::vector<ComponentCost> costs = objective.Costs(method, /*batch=*/256);
//   // {"encoder", ...}, {"decoder", ...}, {"magma", ...}
//
// Costs are those of one process with its full batch: work that several
// processes repeat is not counted.
#ifndef CALDERA_SSL_TERMS_COMPONENT_COST_H_
#define CALDERA_SSL_TERMS_COMPONENT_COST_H_

#include <cstdint>
#include <string>

#include "vit/model/cost.h"

namespace caldera::ssl {

struct ComponentCost {
  std::string component;
  vit::Cost cost;  // of all images of a step
};

// The shapes of a StepContext.
struct ContextSizes {
  int64_t rows = 0;    // B images, or B*K
  int64_t tokens = 0;  // of each: P + Nv
  int64_t width = 0;   // D
  int64_t prefix = 1;  // P
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_COMPONENT_COST_H_
