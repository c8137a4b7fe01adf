// Measures how often a patch's id is predicted correctly, for targets that are
// ids (clusters, positions). The number is for the log; it has no gradient.
//
//   auxiliary { custom { name: "id_accuracy" } observe_only: true }
//
// The option patches=REMOVED|ALL (REMOVED) chooses the patches that are
// counted; ALL is for methods that predict all of them, as with encoder_input:
// CONTEXT. The diagnostic id_accuracy.commonest is how often the batch's most
// frequent id would be right: a model above it has learned more than the ids'
// frequencies.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <memory>

#include "ssl/losses/at_least_float32.h"
#include "ssl/terms/make_auxiliary_loss.h"

namespace caldera::ssl {
namespace {

class IdAccuracy : public AuxiliaryLoss {
 public:
  explicit IdAccuracy(bool removed_only) : removed_only_(removed_only) {}

  std::string name() const override { return "id_accuracy"; }

  ContextRequest request() const override {
    ContextRequest request;
    request.prediction = request.target = true;
    request.mask = removed_only_;
    return request;
  }

  AuxiliaryOutput Compute(const StepContext& context,
                          bool with_diagnostics) override {
    const at::NoGradGuard no_grad;
    at::Tensor named = context.prediction.argmax(2);  // [B, M]
    at::Tensor ids = context.target;                  // [B, N]
    if (removed_only_) {
      const at::Tensor& removed = context.mask.ids_remove;  // [B, Nm]
      ids = ids.gather(1, removed);
      if (named.size(1) != ids.size(1)) named = named.gather(1, removed);
    }
    const at::ScalarType type =
        AtLeastFloat32(context.prediction).scalar_type();
    AuxiliaryOutput out{named.eq(ids).to(type).mean(), {}, {}};
    if (with_diagnostics) {
      const at::Tensor commonest = at::bincount(ids.flatten()).max();
      out.diagnostics = {{"commonest", commonest.item<double>() /
                                           static_cast<double>(ids.numel())}};
    }
    return out;
  }

 private:
  bool removed_only_;
};

const CustomAuxiliaryLoss kIdAccuracy(
    "id_accuracy",
    "mae { target { clusters { num_clusters: 5 } } loss { cross_entropy {} } } "
    "auxiliary { custom { name: 'id_accuracy' } observe_only: true }",
    [](CustomOptions& options, const ModelSizes& sizes,
       uint64_t /*seed*/) -> absl::StatusOr<std::unique_ptr<AuxiliaryLoss>> {
      const bool removed_only =
          options.Choice("patches", "REMOVED", {"REMOVED", "ALL"}) == "REMOVED";
      if (!sizes.target_is_ids) {
        return absl::InvalidArgumentError(
            "id_accuracy: the method predicts no ids; write mae { target { "
            "clusters {} } loss { cross_entropy {} } } or leave the term out");
      }
      return std::make_unique<IdAccuracy>(removed_only);
    });

}  // namespace
}  // namespace caldera::ssl
