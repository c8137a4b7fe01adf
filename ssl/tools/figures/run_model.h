// Loads the complete model of a run folder, decoder included, from its last
// checkpoint.
//
//   auto model = LoadRunModel("runs/fashion_mnist/m_mae", device);
//   model->method->Reconstruct(batch, streams);
#ifndef CALDERA_SSL_TOOLS_FIGURES_RUN_MODEL_H_
#define CALDERA_SSL_TOOLS_FIGURES_RUN_MODEL_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/methods/method.h"

namespace caldera::ssl {

struct RunModel {
  Experiment experiment;
  std::shared_ptr<Method> method;  // on the device
  int64_t step = 0;                // steps done
};

// Loads the model onto `device`. Errors: a folder without an experiment or a
// checkpoint that verifies; those of building the method and of weights that do
// not fit it.
absl::StatusOr<RunModel> LoadRunModel(const std::string& folder,
                                      const at::Device& device);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_FIGURES_RUN_MODEL_H_
