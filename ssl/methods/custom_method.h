// Registers the methods of ssl/variants.
//
//   const CustomMethod kMine("mine", "custom { name: 'mine' }",
//                            [](CustomOptions& options,
//                               const Experiment& experiment,
//                               const ContextRequest& request) { ... });
#ifndef CALDERA_SSL_METHODS_CUSTOM_METHOD_H_
#define CALDERA_SSL_METHODS_CUSTOM_METHOD_H_

#include "ssl/custom/custom_part.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/methods/method.h"
#include "ssl/terms/step_context.h"

namespace caldera::ssl {

// A factory receives the experiment, with the encoder's own sizes
// (vit::ResolveModel) and the seed of the weights, and the request of the
// tensors that auxiliary losses will read in a step.
using CustomMethod = CustomPart<Method, Experiment, ContextRequest>;

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_METHODS_CUSTOM_METHOD_H_
