// Measures how often a patch's id is predicted correctly, for targets that are
// ids (clusters, positions). The number is for the log; it has no gradient.
//
//   auxiliary { custom { name: "id_accuracy" } observe_only: true }
//
// The diagnostic id_accuracy.commonest is how often the batch's most
// frequent id would be right: a model above it has learned more than the ids'
// frequencies.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <memory>
#include <string>

#include "ssl/losses/at_least_float32.h"
#include "ssl/terms/auxiliary_loss.h"

namespace caldera::ssl {
namespace {

struct IdAccuracyOptions {
  std::string patches = "REMOVED";

  void List(base::OptionList& list) {
    list.Add("patches", &patches, {"REMOVED", "ALL"},
             "the patches that are counted; ALL is for methods that predict "
             "all of them, as with encoder_input: CONTEXT");
  }
};

class IdAccuracy : public AuxiliaryLoss {
 public:
  explicit IdAccuracy(const IdAccuracyOptions& options)
      : removed_only_(options.patches == "REMOVED") {}

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

const bool kIdAccuracy = AuxiliaryLossPart::Register<IdAccuracyOptions>(
    {"id_accuracy", "How often a patch's id is predicted correctly.",
     "mae { target { clusters { num_clusters: 5 } } loss { cross_entropy {} } "
     "} auxiliary { custom { name: 'id_accuracy' } observe_only: true }"},
    [](const IdAccuracyOptions& options,
       const ModelSizes& sizes) -> AuxiliaryLossPart::Result {
      if (sizes.target_is_ids) return std::make_unique<IdAccuracy>(options);
      return absl::InvalidArgumentError(
          "id_accuracy: the method predicts no ids; write mae { target { "
          "clusters {} } loss { cross_entropy {} } } or leave the term out");
    });

}  // namespace
}  // namespace caldera::ssl
