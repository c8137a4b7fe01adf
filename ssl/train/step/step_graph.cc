#include "ssl/train/step/step_graph.h"

namespace caldera::ssl {

std::function<std::unique_ptr<StepGraph>()>& StepGraphFactory() {
  static auto& factory = *new std::function<std::unique_ptr<StepGraph>()>();
  return factory;
}

}  // namespace caldera::ssl
