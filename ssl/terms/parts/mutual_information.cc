// MI-MAE's terms: the latents of an image's masks tell of each other (InfoNCE
// between each two of them, among the images of the batch), and as little as
// they can of their input (CLUB's upper bound, whose model q is fitted along).
//
//   mae { masking { partition { parts: 4 } } }
//   auxiliary { custom { name: "mutual_information" } weight { constant: 0.1 }
//   }
//
// The term is max_weight InfoNCE + min_weight CLUB + fit, where fit is minus
// the mean log-likelihood of q. Only the fit reaches q's weights and only the
// other two the encoder's, so that one optimizer serves both. q reads the mean
// of the visible patches' pixels and is an MLP with one hidden layer.
//
// Source: Huang et al., Learning Mask Invariant Mutual Information for Masked
// Image Modeling (MI-MAE), ICLR 2025, arXiv 2502.19718. Read was the abstract
// alone, and there is no code: pooling, temperature, what q reads, its sizes
// and all weights are our choice.
#include "ssl/terms/parts/mutual_information.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/tanh.h>
#include <torch/nn/module.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ssl/losses/at_least_float32.h"
#include "ssl/losses/pool.h"
#include "ssl/terms/auxiliary_loss.h"
#include "ssl/terms/parts/occluded_contrast.h"
#include "ssl/terms/several_images.h"
#include "vit/model/cost.h"
#include "vit/model/initialization.h"
#include "vit/model/patch_embedding.h"
#include "vit/ops/gather_rows.h"
#include "vit/ops/linear.h"

namespace caldera::ssl {
namespace {

struct MutualInformationOptions {
  double max_weight = 1;
  double min_weight = 1;
  double temperature = 0.2;
  int64_t hidden_dim = 256;

  void List(base::OptionList& list) {
    list.Add("max_weight", &max_weight, "[0, inf)",
             "weight of InfoNCE between masks");
    list.Add("min_weight", &min_weight, "[0, inf)",
             "weight of the bound of what a latent tells of its input");
    list.Add("temperature", &temperature, "(0, inf)",
             "what InfoNCE's cosines are divided by");
    list.Add("hidden_dim", &hidden_dim, "[1, 65536]",
             "width of the hidden layer of q");
  }
};

// q(z | x), a normal distribution whose numbers are independent.
class Conditional : public torch::nn::Module {
 public:
  Conditional(int64_t from, int64_t hidden, int64_t to)
      : fc_(register_module("fc", std::make_shared<vit::Linear>(from, hidden))),
        mean_(
            register_module("mean", std::make_shared<vit::Linear>(hidden, to))),
        log_variance_(register_module(
            "log_variance", std::make_shared<vit::Linear>(hidden, to))) {}

  struct Output {
    at::Tensor mean, log_variance;  // [B, D]
  };

  Output forward(const at::Tensor& x) {
    const at::Tensor h = at::relu(fc_->forward(x));
    // Bounded, as in CLUB's code: a variance near 0 would make both infinite.
    return {AtLeastFloat32(mean_->forward(h)),
            at::tanh(AtLeastFloat32(log_variance_->forward(h)))};
  }

 private:
  std::shared_ptr<vit::Linear> fc_, mean_, log_variance_;
};

class MutualInformation : public AuxiliaryLoss {
 public:
  MutualInformation(const MutualInformationOptions& options,
                    const ModelSizes& sizes)
      : options_(options),
        masks_(sizes.num_masks),
        width_(sizes.encoder.embed_dim()),
        patch_size_(sizes.encoder.patch_size()),
        pixels_(sizes.encoder.channels() * patch_size_ * patch_size_) {}

  std::string name() const override { return "mutual_information"; }

  ContextRequest request() const override {
    ContextRequest request;
    request.views = true;
    request.latent = true;
    request.mask = true;
    return request;
  }

  void Build(uint64_t seed, const magma::Exchange& /*exchange*/) override {
    q_ = std::make_shared<Conditional>(pixels_, options_.hidden_dim, width_);
    vit::InitializeVit(*q_, seed);
  }

  AuxiliaryOutput Compute(const StepContext& context,
                          bool with_diagnostics) override {
    const at::Tensor z = context.gather(AtLeastFloat32(Pool(
        context.latent, eval::EvalSpec::MEAN, context.prefix)));  // [B K, D]
    const Conditional::Output q =
        q_->forward(context.gather(VisiblePixels(context)));
    const at::Tensor contrast = Contrast(z);
    const at::Tensor bound = ClubBound(q.mean, q.log_variance, z);
    const at::Tensor fit =
        -LogLikelihood(q.mean, q.log_variance, z.detach()).mean();
    AuxiliaryOutput out;
    out.value =
        options_.max_weight * contrast + options_.min_weight * bound + fit;
    // Diagnostics of q would be those of its weights after the step, where
    // steps are replayed.
    if (with_diagnostics) {
      out.diagnostics = {{"info_nce", contrast.item<double>()}};
    }
    return out;
  }

  vit::Cost CostOf(const ContextSizes& sizes,
                   bool with_gradient) const override {
    const int64_t rows = sizes.rows, images = rows / masks_;
    const int64_t hidden = options_.hidden_dim;
    vit::Cost cost =
        vit::ProductCost(images, width_, images) * (masks_ * (masks_ - 1) / 2) +
        vit::ProductCost(rows, pixels_, hidden, /*input_gradient=*/false) +
        vit::ProductCost(rows, hidden, width_) * 2;
    // Two tables of log-probabilities for each two masks; q's input, hidden
    // layer and outputs.
    cost.activations = masks_ * (masks_ - 1) * images * images +
                       rows * (pixels_ + 2 * hidden + 6 * width_);
    return with_gradient ? cost : cost.WithoutGradient();
  }

  std::shared_ptr<torch::nn::Module> module() const override { return q_; }

 private:
  // Returns the mean of the visible patches' pixels of each mask, [B K, p p C].
  at::Tensor VisiblePixels(const StepContext& context) const {
    const at::Tensor patches = AtLeastFloat32(
        vit::Patchify(context.views.back(), patch_size_));  // [B, N, p p C]
    return vit::GatherRows(patches.repeat_interleave(masks_, 0),
                           context.mask.ids_keep)
        .mean(1);
  }

  // Returns InfoNCE, averaged over each two masks of an image.
  at::Tensor Contrast(const at::Tensor& z) const {
    at::Tensor sum = z.new_zeros({});
    for (int64_t i = 0; i < masks_; ++i) {
      for (int64_t j = i + 1; j < masks_; ++j) {
        sum = sum + OccludedContrast(z.slice(0, i, z.size(0), masks_),
                                     z.slice(0, j, z.size(0), masks_),
                                     /*kappa=*/0, options_.temperature);
      }
    }
    return sum / (0.5 * static_cast<double>(masks_ * (masks_ - 1)));
  }

  MutualInformationOptions options_;
  int64_t masks_, width_, patch_size_, pixels_;
  std::shared_ptr<Conditional> q_;
};

const bool kMutualInformation =
    AuxiliaryLossPart::Register<MutualInformationOptions>(
        {"mutual_information",
         "Masks tell of each other and little of their pixels (MI-MAE).",
         "mae { mask_ratio: 0.5 masking { partition { parts: 2 } } } auxiliary "
         "{ custom { "
         "name: 'mutual_information' option: 'hidden_dim=8' } weight { "
         "constant: 0.1 } }"},
        [](const MutualInformationOptions& options,
           const ModelSizes& sizes) -> AuxiliaryLossPart::Result {
          if (sizes.num_masks < 2) {
            return absl::InvalidArgumentError(absl::StrCat(
                "mutual_information compares the masks of an image, but "
                "mae.masking ",
                sizes.num_masks == 0 ? "does not apply to this method"
                                     : "draws one mask",
                "; write mae { masking { partition {} } }"));
          }
          RETURN_IF_ERROR(CheckSeveralImages("mutual_information", sizes));
          return std::make_unique<MutualInformation>(options, sizes);
        });

}  // namespace

at::Tensor LogLikelihood(const at::Tensor& mean, const at::Tensor& log_variance,
                         const at::Tensor& z) {
  const at::Tensor scaled = (z - mean).square() * (-log_variance).exp();
  return -0.5 * (scaled + log_variance + std::log(2 * M_PI)).mean(1);
}

at::Tensor ClubBound(const at::Tensor& mean, const at::Tensor& log_variance,
                     const at::Tensor& z) {
  const at::Tensor mu = mean.detach();                          // [B, D]
  const at::Tensor precision = (-log_variance.detach()).exp();  // [B, D]
  // mean_j (z_j - mu_i)^2 = mean_j z_j^2 - 2 mu_i mean_j z_j + mu_i^2
  const at::Tensor others =
      z.square().mean(0) - 2 * mu * z.mean(0) + mu.square();  // [B, D]
  return 0.5 * ((others - (z - mu).square()) * precision).mean();
}

}  // namespace caldera::ssl
