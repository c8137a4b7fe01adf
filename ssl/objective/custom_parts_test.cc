// Registers a component of every seam that is not ours, names it in a spec, and
// runs it.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "ssl/corruption/make_corruption.h"
#include "ssl/losses/make_reconstruction_loss.h"
#include "ssl/masking/make_mask_sampler.h"
#include "ssl/methods/custom_method.h"
#include "ssl/objective/make_method.h"
#include "ssl/objective/tiny_methods_testing.h"
#include "ssl/scorers/make_patch_scorer.h"
#include "ssl/targets/make_target.h"
#include "ssl/terms/make_auxiliary_loss.h"
#include "vit/model/encoder.h"
#include "vit/model/initialization.h"
#include "vit/ops/linear.h"
#include "vit/state_dict.h"

namespace caldera::ssl {
namespace {

using testing::HasSubstr;

// Keeps the first patches of each image, or the last.
class Ends : public MaskSampler {
 public:
  explicit Ends(bool last) : sign_(last ? -1 : 1) {}
  Mask Sample(const MaskRequest& request) const override {
    const int64_t n = request.grid.size();
    return MaskFromNoise(at::arange(n, at::kDouble)
                             .mul(sign_)
                             .expand({request.index.size(0), n}),
                         NumKept(n, request.ratio));
  }

 private:
  double sign_;
};
const CustomMaskSampler kEnds(
    "test_ends", "mae { masking { custom { name: 'test_ends' } } }",
    [](CustomOptions& options) {
      return std::make_unique<Ends>(
          options.Choice("end", "first", {"first", "last"}) == "last");
    });

class Negative : public Corruption {
 public:
  CorruptionDraws Draw(const base::Streams& /*streams*/,
                       const at::Tensor& index) const override {
    return {index.to(at::kFloat), {}, {}};
  }
  CorruptedImages Apply(const at::Tensor& images,
                        const CorruptionDraws& draws) const override {
    EXPECT_EQ(draws.per_image.size(0), images.size(0));
    return {-images, {}, {}};
  }
};
const CustomCorruption kNegative(
    "test_negative",
    "mae { corruption { custom { name: 'test_negative' } } "
    "loss { reduction: ALL } decoder { kind: LINEAR } }",
    [](CustomOptions&, const vit::EncoderSpec&) {
      return std::make_unique<Negative>();
    });

// The mean of a patch.
class PatchMean : public Target {
 public:
  explicit PatchMean(int64_t patch) : patch_(patch) {}
  int64_t dim() const override { return 1; }
  TargetOutput Compute(const at::Tensor& images,
                       const TeacherOutput* /*teacher*/) const override {
    return {at::avg_pool2d(images, patch_).flatten(1).unsqueeze(2), {}};
  }

 private:
  int64_t patch_;
};
const CustomTarget kPatchMean(
    "test_patch_mean", "mae { target { custom { name: 'test_patch_mean' } } }",
    [](CustomOptions&, const TargetOptions& given) {
      return std::make_unique<PatchMean>(given.encoder.patch_size());
    });

class FourthPower : public ReconstructionLoss {
 public:
  ReconstructionLossOutput Compute(const at::Tensor& prediction,
                                   const at::Tensor& target,
                                   const at::Tensor& weight) const override {
    const at::Tensor each = (prediction - target).pow(4).mean(2);  // [B, M]
    return {
        weight.defined() ? (each * weight).sum() / weight.sum() : each.mean(),
        each};
  }
};
const CustomReconstructionLoss kFourthPower(
    "test_fourth_power",
    "mae { loss { custom { name: 'test_fourth_power' } } }",
    [](CustomOptions&, const vit::EncoderSpec&) {
      return std::make_unique<FourthPower>();
    });

// Scores patches by the lengths of the teacher's tokens.
class Lengths : public PatchScorer {
 public:
  at::Tensor Score(const TeacherOutput& seen) const override {
    return seen.tokens.slice(1, 1).norm(2, 2);
  }
};
const CustomPatchScorer kLengths(
    "test_lengths",
    "mae { masking { scored {} } scorer { custom { name: 'test_lengths' } } "
    "teacher { ema {} input: WHOLE } "
    "target { teacher_features {} } }",
    [](CustomOptions&, const ScorerOptions& given)
        -> absl::StatusOr<std::unique_ptr<PatchScorer>> {
      if (given.teacher_reads_full_image) return std::make_unique<Lengths>();
      return absl::InvalidArgumentError("test_lengths: needs a teacher");
    });

const CustomAuxiliaryLoss kNone(
    "test_refused", "", [](CustomOptions&, const ModelSizes&, uint64_t) {
      return absl::StatusOr<std::unique_ptr<AuxiliaryLoss>>(
          absl::InvalidArgumentError("test_refused: always"));
    });

// Predicts the mean of an image's pixels from its CLS token.
class Brightness : public Method {
 public:
  Brightness(const vit::EncoderSpec& encoder, const ContextRequest& request,
             uint64_t seed)
      : Method(request) {
    encoder_ =
        register_module("encoder", std::make_shared<vit::Encoder>(encoder));
    head_ = register_module(
        "head", std::make_shared<vit::Linear>(encoder.embed_dim(), 1));
    vit::InitializeVit(*this, seed);
  }

  StepOutput Forward(const DeviceBatch& batch,
                     const base::Streams& /*streams*/) override {
    const std::vector<int64_t> taps = BlocksToTap(request());
    const vit::EncoderOutput seen =
        encoder_->forward(batch.views[0], std::nullopt, taps);
    StepOutput out;
    out.embedding = Embedding(seen.tokens);
    out.context.latent = seen.tokens;
    for (size_t i = 0; i < taps.size(); ++i) {
      FillTap(request(), taps[i], seen.taps[i], out.context);
    }
    const at::Tensor guess = head_->forward(seen.tokens.select(1, 0));
    const at::Tensor bright = batch.views[0].flatten(1).mean(1, true);
    out.terms = {{"brightness", (guess - bright).square().mean(), 1}};
    return out;
  }
  vit::Encoder& encoder() override { return *encoder_; }
  vit::StateDict NamedState() const override {
    vit::StateDict state = vit::GetStateDict(*encoder_);
    state.merge(vit::GetStateDict(*head_));
    return state;
  }

 private:
  std::shared_ptr<vit::Encoder> encoder_;
  std::shared_ptr<vit::Linear> head_;
};
const CustomMethod kBrightness(
    "test_brightness", "custom { name: 'test_brightness' }",
    [](CustomOptions&, const Experiment& of, const ContextRequest& request) {
      return std::make_unique<Brightness>(of.encoder(), request, of.seed());
    });

TEST(CustomParts, AreAmongTheTinyMethodsAndLearn) {
  const auto methods = TinyMethods();
  for (const char* name :
       {"test_ends", "test_negative", "test_patch_mean", "test_fourth_power",
        "test_lengths", "test_brightness", "koleo"}) {
    SCOPED_TRACE(name);
    ASSERT_EQ(methods.count(name), 1);
    const TinyModel model(methods.at(name));
    const DeviceBatch batch = TinyBatch(methods.at(name), 6);
    const StepOutput out = model.method->Step(batch, {0, 0});
    const at::Tensor total = model.Total(out);
    total.backward();
    EXPECT_TRUE(total.isfinite().item<bool>());
    for (const auto& [parameter, value] : model.Parameters()) {
      EXPECT_TRUE(value.grad().defined()) << parameter;
    }
  }
}

TEST(CustomParts, ReadTheirOptions) {
  Experiment experiment = TinyMethods().at("test_ends");
  const auto kept = [&] {
    const TinyModel model(experiment);
    const StepOutput out = model.method->Step(TinyBatch(experiment, 2), {0, 0});
    return std::get<0>(out.context.mask.ids_keep[1].sort());
  };
  EXPECT_TRUE(at::equal(kept(), at::arange(4)));
  experiment.mutable_mae()->mutable_masking()->mutable_custom()->add_option(
      "end=last");
  EXPECT_TRUE(at::equal(kept(), at::arange(12, 16)));
}

TEST(CustomParts, AMethodTakesAuxiliaryTermsOn) {
  Experiment experiment = TinyMethods().at("test_brightness");
  experiment.mutable_regularizer()->mutable_magma();
  experiment.add_auxiliary()->mutable_custom()->set_name("koleo");
  const TinyModel model(experiment);
  const StepOutput out = model.method->Step(TinyBatch(experiment, 6), {0, 0});
  const TotalLoss loss =
      model.objective.Combine(out, 0, RunLength{}, /*diagnostics=*/false);
  ASSERT_EQ(loss.terms.size(), 3);
  EXPECT_TRUE(loss.total.isfinite().item<bool>());
}

std::string ErrorOf(const std::string& text) {
  const Experiment experiment = TinyExperiment(text);
  const absl::StatusOr<Objective> objective = Objective::Create(experiment);
  if (!objective.ok()) return std::string(objective.status().message());
  return std::string(
      MakeMethod(experiment, objective->request()).status().message());
}

TEST(CustomParts, ErrorsNameTheField) {
  EXPECT_THAT(
      ErrorOf("mae { masking { custom { name: 'test_end' } } }"),
      testing::StartsWith("mae.masking.custom.name: \"test_end\" is not "
                          "a registered part of this kind; did you mean "
                          "\"test_ends\"?"));
  EXPECT_THAT(
      ErrorOf(
          "mae { masking { custom { name: 'test_ends' option: 'end=x' } } }"),
      testing::StartsWith("mae.masking.custom.option[0]: end=x is none of"));
  EXPECT_THAT(ErrorOf("mae { target { custom {} } }"),
              HasSubstr("mae.target.custom.name: none is given"));
  EXPECT_THAT(ErrorOf("mae { loss { custom { name: 'test_ends' } } }"),
              HasSubstr("mae.loss.custom.name: \"test_ends\" is no"));
  EXPECT_THAT(ErrorOf("mae { corruption { custom { name: 'x' } } }"),
              HasSubstr("mae.corruption.custom.name"));
  EXPECT_THAT(ErrorOf("mae { masking { scored {} } scorer { custom { name: "
                      "'test_lengths' } } }"),
              HasSubstr("mae.scorer.custom.test_lengths: needs a teacher"));
  EXPECT_THAT(ErrorOf("mae {} auxiliary { custom { name: 'test_refused' } }"),
              HasSubstr("auxiliary[0].custom.test_refused: always"));
  EXPECT_THAT(ErrorOf("custom { name: 'test_brightnes' }"),
              HasSubstr("custom.name: \"test_brightnes\" is not a registered"));
  EXPECT_THAT(
      ErrorOf("custom { name: 'test_brightness' option: 'a=1' }"),
      HasSubstr("custom.option[0]: test_brightness has no option \"a\""));
  // A corruption that replaces no patches has no number of them.
  EXPECT_THAT(ErrorOf("mae { corruption { custom { name: 'test_negative' } } "
                      "decoder { kind: LINEAR } }"),
              HasSubstr("mae.loss.reduction: MASKED counts by patches"));
}

}  // namespace
}  // namespace caldera::ssl
