// OCL, occluded image contrast: an encoder without decoder, moving average or
// augmentation. Two masks show disjoint parts of an image; the projection of
// one part must recognise that of the other among the images of the batch.
//
//   mae { masking { complement {} } decoder { kind: NONE } }
//   auxiliary { custom { name: "occluded_contrast" } weight { constant: 1 } }
//
// Source: Yang et al., One Leaf Reveals the Season: Occlusion-Based Contrastive
// Learning with Semantic-Aware Views for Efficient Visual Representation, arXiv
// 2411.09858. The form of the similarity, its kappa, the temperature and the
// projector were in no text that could be read: the similarity is that of
// Kobayashi, T-vMF Similarity for Regularizing Intra-Class Feature
// Distribution, CVPR 2021, and the numbers are our choice.
#include "ssl/terms/parts/occluded_contrast.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mm.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ssl/losses/at_least_float32.h"
#include "ssl/losses/pool.h"
#include "ssl/losses/projector.h"
#include "ssl/terms/auxiliary_loss.h"
#include "ssl/terms/several_images.h"
#include "vit/model/cost.h"

namespace caldera::ssl {
namespace {

struct OccludedContrastOptions {
  std::string feature = "MEAN";
  double kappa = 2;
  double temperature = 0.2;
  int64_t hidden_dim = 512;
  int64_t output_dim = 128;

  void List(base::OptionList& list) {
    list.Add("feature", &feature, {"CLS", "MEAN"},
             "the feature of the visible tokens after the final norm");
    list.Add("kappa", &kappa, "[0, inf)",
             "concentration of the similarity; 0: the cosine");
    list.Add("temperature", &temperature, "(0, inf)",
             "what similarities are divided by");
    list.Add("hidden_dim", &hidden_dim, "[1, 65536]",
             "width of the projector's hidden layer");
    list.Add("output_dim", &output_dim, "[1, 65536]",
             "numbers of a projection");
  }
};

class OccludedContrastLoss : public AuxiliaryLoss {
 public:
  OccludedContrastLoss(const OccludedContrastOptions& options, int64_t width)
      : options_(options),
        feature_(options.feature == "CLS" ? eval::EvalSpec::CLS
                                          : eval::EvalSpec::MEAN),
        dims_({width, options.hidden_dim, options.output_dim}) {}

  std::string name() const override { return "occluded_contrast"; }

  ContextRequest request() const override {
    ContextRequest request;
    request.latent = true;
    request.class_token = feature_ == eval::EvalSpec::CLS;
    return request;
  }

  void Build(uint64_t seed, const magma::Exchange& /*exchange*/) override {
    projector_ = std::make_shared<Projector>(dims_, /*batch_norm=*/false, seed);
  }

  AuxiliaryOutput Compute(const StepContext& context,
                          bool /*with_diagnostics*/) override {
    // Each row is projected independently, so the projections can be gathered.
    const at::Tensor z = context.gather(projector_->forward(AtLeastFloat32(
        Pool(context.latent, feature_, context.prefix))));  // [2 B, D']
    const int64_t rows = z.size(0);
    return {OccludedContrast(z.slice(0, 0, rows, 2), z.slice(0, 1, rows, 2),
                             options_.kappa, options_.temperature),
            {},
            {}};
  }

  vit::Cost CostOf(const ContextSizes& sizes,
                   bool with_gradient) const override {
    const int64_t pairs = sizes.rows / 2;
    vit::Cost products = vit::ProductCost(pairs, options_.output_dim, pairs);
    products.activations = 4 * pairs * pairs;  // cosines to log-probabilities
    const vit::Cost cost =
        Projector::CostOf(dims_, /*batch_norm=*/false, sizes.rows) + products;
    return with_gradient ? cost : cost.WithoutGradient();
  }

  std::shared_ptr<torch::nn::Module> module() const override {
    return projector_;
  }

 private:
  OccludedContrastOptions options_;
  eval::EvalSpec::Feature feature_;
  std::vector<int64_t> dims_;
  std::shared_ptr<Projector> projector_;
};

const bool kOccludedContrast =
    AuxiliaryLossPart::Register<OccludedContrastOptions>(
        {"occluded_contrast",
         "One part of an image recognises another part of it (OCL).",
         "mae { masking { complement {} } decoder { kind: NONE } } auxiliary { "
         "custom { name: 'occluded_contrast' option: 'hidden_dim=16' option: "
         "'output_dim=8' } weight { constant: 1 } }"},
        [](const OccludedContrastOptions& options,
           const ModelSizes& sizes) -> AuxiliaryLossPart::Result {
          if (sizes.num_masks != 2) {
            return absl::InvalidArgumentError(absl::StrCat(
                "occluded_contrast compares two parts of an image, but "
                "mae.masking ",
                sizes.num_masks == 0
                    ? "does not apply to this method"
                    : absl::StrCat("draws ", sizes.num_masks,
                                   sizes.num_masks == 1 ? " mask" : " masks"),
                "; write mae { masking { complement {} } }"));
          }
          RETURN_IF_ERROR(CheckSeveralImages("occluded_contrast", sizes));
          return std::make_unique<OccludedContrastLoss>(
              options, sizes.encoder.embed_dim());
        });

// Returns rows / |row|; a row of zeros stays.
at::Tensor OnSphere(const at::Tensor& rows) {
  return rows / rows.square().sum(1, true).clamp_min(1e-24).sqrt();
}

}  // namespace

at::Tensor OccludedContrast(const at::Tensor& z1, const at::Tensor& z2,
                            double kappa, double temperature) {
  const at::Tensor cosine = at::mm(OnSphere(z1), OnSphere(z2).t());  // [B, B]
  const at::Tensor logits =
      ((1 + cosine) / (1 + kappa * (1 - cosine)) - 1) / temperature;
  return -0.5 * (logits.log_softmax(1).diagonal().mean() +
                 logits.log_softmax(0).diagonal().mean());
}

}  // namespace caldera::ssl
