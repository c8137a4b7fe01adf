// A method before it is built: its parts are resolved and valid, and no tensor
// exists. Methods register themselves as plans (base/part.h):
//
//   const bool kSimClr = MethodPart::Register<SimClrSpec>(
//       {"simclr", "Recognises an image's other view in the batch."},
//       [](const SimClrSpec& spec, const Experiment& experiment) {
//         auto plan = std::make_unique<MethodPlan>();
//         plan->check = [...](const ContextRequest& request) { ... };
//         plan->build = [...](const ContextRequest& request,
//                             const data::Dataset* dataset) { ... };
//         return plan;
//       });
//
// The experiment that a factory receives is that of the plan
// (experiment_plan.h) and outlives it; its encoder has its own sizes
// (vit::ResolveModel).
#ifndef CALDERA_SSL_METHODS_METHOD_PLAN_H_
#define CALDERA_SSL_METHODS_METHOD_PLAN_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/part.h"
#include "data/sets/dataset.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/methods/method.h"
#include "ssl/terms/model_sizes.h"
#include "ssl/terms/step_context.h"
#include "vit/vit.pb.h"
#include "vit/weights/checkpoint_layout.h"

namespace caldera::ssl {

struct MethodPlan {
  // Adds to the encoder's sizes what terms must know of the method: its
  // teacher, masks and target. Empty: it has none of these.
  std::function<void(ModelSizes& sizes)> add_sizes;
  // Checks that the method fits the rest of the experiment, and gives what the
  // auxiliary terms read. Returns InvalidArgument, whose text begins with the
  // field's path in Experiment.
  std::function<absl::Status(const ContextRequest& request)> check;
  // The encoder that the method trains, where it is not the experiment's.
  std::optional<vit::EncoderSpec> encoder;
  // Returns the shapes of the decoder, which start weights may have too. Empty:
  // the method has none.
  std::function<vit::TensorShapes()> decoder_shapes;
  // Builds the method on the CPU, in float32; called once. dataset: the
  // training set, for methods that learn its labels, or null. Returns the
  // errors of files, and of labels that do not fit.
  std::function<absl::StatusOr<std::shared_ptr<Method>>(
      const ContextRequest& request, const data::Dataset* dataset)>
      build;
};

using MethodPart = base::PartKind<Experiment, MethodPlan, Experiment>;

// Returns InvalidArgument unless the data has `needed` views of each image.
// method: its name, for the text.
absl::Status CheckViews(const Experiment& experiment, absl::string_view method,
                        int64_t needed);

// Returns InvalidArgument if a term reads a teacher, which `method` has not.
absl::Status CheckNoTeacher(absl::string_view method,
                            const ContextRequest& request);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_METHODS_METHOD_PLAN_H_
