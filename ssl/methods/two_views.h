// The common base of methods on two views of an image: one encoder that reads
// all patches of both views, and a projector in front of the loss. SimCLR and
// VICReg add the loss in AddBatchTerms.
//
//   class Mine : public TwoViews {
//    public:
//     Mine(const vit::EncoderSpec& encoder, std::shared_ptr<Projector> head)
//         : TwoViews(encoder, head, eval::EvalSpec::CLS, {}, /*seed=*/0) {}
//     void AddBatchTerms(StepOutput& output) override;
//   };
//
// MAGMA and other terms read the first view's blocks, as the MAGMA authors do.
#ifndef CALDERA_SSL_METHODS_TWO_VIEWS_H_
#define CALDERA_SSL_METHODS_TWO_VIEWS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "eval/spec/eval.pb.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/experiment/methods.pb.h"
#include "ssl/losses/projector.h"
#include "ssl/methods/method.h"
#include "ssl/methods/method_plan.h"
#include "vit/model/encoder.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

// The properties of a projector that a method's own paper fixes.
struct ProjectorDefaults {
  int64_t hidden_layers = 1;
  bool batch_norm = false;  // in front of each ReLU
  int64_t output_dim = 0;   // unless the spec names one
};

// Returns a projector from `embed_dim` features through layers of
// spec.hidden_dim; its weights are drawn from `seed`.
std::shared_ptr<Projector> MakeProjector(const ProjectorSpec& spec,
                                         int64_t embed_dim,
                                         const ProjectorDefaults& defaults,
                                         uint64_t seed);

class TwoViews : public Method {
 public:
  // feature: the feature of an image's tokens that is projected.
  TwoViews(const vit::EncoderSpec& encoder,
           std::shared_ptr<Projector> projector,
           eval::EvalSpec::Feature feature, ContextRequest request,
           uint64_t seed);

  // Draws the drop-path noise of both views.
  Draws Draw(const DeviceBatch& batch,
             const base::Streams& streams) const override;
  bool stays_on_device() const override { return true; }
  // Encodes both views at once; context.embeddings are the features to project.
  StepOutput Forward(const DeviceBatch& batch,
                     const base::Streams& streams) override;
  vit::Encoder& encoder() override { return *encoder_; }
  // Returns the cost of encoder and projector on both views.
  std::vector<ComponentCost> Costs(int64_t batch) const override;
  ContextSizes SizesFor(int64_t batch) const override;
  // The encoder's tensors have their own names, the projector's names begin
  // with "projector.".
  vit::StateDict NamedState() const override;

 protected:
  std::shared_ptr<Projector> projector_;

 private:
  std::shared_ptr<vit::Encoder> encoder_;
  eval::EvalSpec::Feature feature_;
};

// Checks what SimCLR and VICReg have in common; BatchNorm and pairs need two
// images. method: its name, for the text. feature: what is projected.
absl::Status CheckTwoViews(const Experiment& experiment,
                           absl::string_view method,
                           eval::EvalSpec::Feature feature,
                           const ContextRequest& request);

// Returns the plan of a method of two views, which is built from its own spec,
// the encoder's, the context request and the seed.
template <typename TwoViewsMethod, typename Spec>
std::unique_ptr<MethodPlan> PlanTwoViews(const char* name, const Spec& spec,
                                         const Experiment& experiment) {
  auto plan = std::make_unique<MethodPlan>();
  plan->add_sizes = [](ModelSizes& sizes) { sizes.views = 2; };
  plan->check = [name, feature = spec.feature(),
                 &experiment](const ContextRequest& request) {
    return CheckTwoViews(experiment, name, feature, request);
  };
  plan->build = [spec, &experiment](const ContextRequest& request,
                                    const data::Dataset*) {
    return std::make_shared<TwoViewsMethod>(spec, experiment.encoder(), request,
                                            experiment.seed());
  };
  return plan;
}

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_METHODS_TWO_VIEWS_H_
