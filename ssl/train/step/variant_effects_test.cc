// Each variant moves the quantity that it names, with three seeds, compared
// with the same training with the term as an observer.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/linspace.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "eval/diagnostics/spectrum.h"
#include "ssl/losses/reconstruction_loss.h"
#include "ssl/objective/tiny_methods_testing.h"
#include "ssl/targets/parts/pixels.h"
#include "ssl/targets/target.h"
#include "ssl/terms/parts/ldreg.h"
#include "ssl/train/step/train_step_testing.h"
#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kImages = 32, kSteps = 60;

// Makes images of few degrees of freedom: sums of eight patterns.
at::Tensor Patterns() {
  return vit::Normal({kImages, 8}, 1)
             .matmul(vit::Normal({8, 64}, 2))
             .view({kImages, 1, 8, 8}) /
         3;
}

// Makes images of one degree of freedom: a grey each, and a little noise.
at::Tensor Greys() {
  return vit::Normal({kImages, 1, 1, 1}, 3) +
         0.1 * vit::Normal({kImages, 1, 8, 8}, 4);
}

// Makes images of three: their grey, and how it rises to the right and
// downwards.
at::Tensor Slopes() {
  const at::Tensor places = at::linspace(-1, 1, 8, at::kDouble);
  const at::Tensor dof = vit::Normal({3, kImages, 1, 1, 1}, 5);
  return dof[0] + dof[1] * places + dof[2] * places.view({8, 1});
}

// Makes images of four: a grey for each quarter.
at::Tensor Quarters(uint64_t seed) {
  return vit::Normal({kImages, 1, 2, 2}, seed)
      .repeat_interleave(4, 2)
      .repeat_interleave(4, 3);
}

struct Outcome {
  TotalLoss last;
  at::Tensor cls;  // [kImages, D], of full images
};

// `second` is the second view, for methods that have two.
Outcome Train(const std::string& text, int seed, bool observe_only,
              const at::Tensor& images = Patterns(),
              const at::Tensor& second = {}) {
  Experiment experiment = TinyExperiment(
      "mae { decoder { embed_dim: 16 depth: 1 num_heads: 2 } } "
      "optimizer { base_lr: 0.01 scale_lr_by_batch: false } " +
      text);
  experiment.set_seed(seed);
  experiment.mutable_train()->set_steps(kSteps);
  for (AuxiliaryLossSpec& term : *experiment.mutable_auxiliary()) {
    term.set_observe_only(observe_only);
  }
  TinyStep tiny(experiment, at::kDouble);
  DeviceBatch batch = TinyBatch(experiment, kImages);
  batch.views[0] = images;
  if (second.defined()) batch.views[1] = second;
  Outcome outcome;
  for (int64_t i = 0; i < kSteps; ++i) {
    const auto loss = tiny.Run(batch, i);
    EXPECT_TRUE(loss.ok()) << loss.status();
    outcome.last = loss->loss;
  }
  const at::NoGradGuard no_grad;
  outcome.cls =
      tiny.method->encoder().forward(batch.views[0]).tokens.select(1, 0);
  return outcome;
}

double TermOf(const Outcome& outcome, const std::string& name) {
  for (const Term& term : outcome.last.terms) {
    if (term.name == name) return term.value.item<double>();
  }
  ADD_FAILURE() << "no term " << name;
  return 0;
}

TEST(VariantEffects, TheCodingRateRaisesTheRankOfTheFeatures) {
  for (int seed = 0; seed < 3; ++seed) {
    const std::string text =
        "auxiliary { coding_rate {} weight { constant: 0.5 } }";
    EXPECT_GT(eval::RankMe(Train(text, seed, false).cls),
              1.2 * eval::RankMe(Train(text, seed, true).cls));
  }
}

TEST(VariantEffects, LdRegRaisesTheLocalDimension) {
  for (int seed = 0; seed < 3; ++seed) {
    const std::string text =
        "auxiliary { ldreg { neighbors: 16 } weight { constant: 0.1 } }";
    const auto log_dimension = [&](bool observe_only) {
      return LogLocalDimension(Train(text, seed, observe_only).cls, 16, true)
          .mean()
          .item<double>();
    };
    EXPECT_GT(log_dimension(false), log_dimension(true) + 0.1);
  }
}

TEST(VariantEffects, ConsistencyDrawsPredictionsTogether) {
  for (int seed = 0; seed < 3; ++seed) {
    const std::string text =
        "mae { masking { partition {} } } auxiliary { consistency {} }";
    EXPECT_LT(TermOf(Train(text, seed, false), "consistency"),
              0.8 * TermOf(Train(text, seed, true), "consistency"));
  }
}

TEST(VariantEffects, MimicryBringsTheStudentToTheTeacher) {
  for (int seed = 0; seed < 3; ++seed) {
    const std::string text =
        "mae { teacher { input: WHOLE frozen { encoder: '" + TinyTeacher() +
        "' } } } auxiliary { mimic {} }";
    EXPECT_LT(TermOf(Train(text, seed, false), "mimic"),
              0.8 * TermOf(Train(text, seed, true), "mimic"));
  }
}

TEST(VariantEffects, VisibleTokensLearnTheirTarget) {
  for (int seed = 0; seed < 3; ++seed) {
    const std::string text =
        "mae { masking { disjoint_block {} } target { hog { cell: 2 } } } "
        "auxiliary { visible_target {} }";
    EXPECT_LT(TermOf(Train(text, seed, false), "visible_target"),
              0.8 * TermOf(Train(text, seed, true), "visible_target"));
  }
}

TEST(VariantEffects, BroadContextTurnsVisiblePatchesToTheWholeImage) {
  for (int seed = 0; seed < 3; ++seed) {
    const std::string text =
        "mae { masking { complement {} } teacher { input: WHOLE ema {} } } "
        "auxiliary { broad_context { hidden_dim: 32 } "
        "weight { constant: 0.25 } }";
    EXPECT_LT(TermOf(Train(text, seed, false), "broad_context"),
              0.8 * TermOf(Train(text, seed, true), "broad_context"));
  }
}

TEST(VariantEffects, AlignmentBringsPredictedLatentsToTheEncoders) {
  for (int seed = 0; seed < 3; ++seed) {
    const std::string text =
        "mae { masking { block {} } mask_ratio: 0.5 decoder { kind: REGRESSOR "
        "regressor_depth: 1 } teacher { input: MASKED ema { momentum { "
        "constant: 0 } } } } auxiliary { latent_alignment {} weight { "
        "constant: 2 } }";
    EXPECT_LT(TermOf(Train(text, seed, false), "latent_alignment"),
              0.8 * TermOf(Train(text, seed, true), "latent_alignment"));
  }
}

// Without a decoder, runs the same training towards the teacher, and towards
// nothing but equal directions.
TEST(VariantEffects, LayerAlignmentBringsTheStudentToTheTeacher) {
  for (int seed = 0; seed < 3; ++seed) {
    const auto text = [](const std::string& weight) {
      return "mae { masking { scored {} } mask_ratio: 0.7 scorer { "
             "teacher_attention {} } decoder { kind: NONE } teacher { input: "
             "WHOLE frozen { encoder: '" +
             TinyTeacher() +
             "' } } } auxiliary { layer_alignment { teacher_blocks: 2 } weight "
             "{ constant: " +
             weight + " } }";
    };
    EXPECT_LT(
        TermOf(Train(text("1"), seed, false), "layer_alignment"),
        0.8 * TermOf(Train(text("1e-9"), seed, false), "layer_alignment"));
  }
}

TEST(VariantEffects, OnePartOfAnImageRecognisesTheOther) {
  for (int seed = 0; seed < 3; ++seed) {
    const auto text = [](const std::string& weight) {
      return "mae { masking { complement {} } mask_ratio: 0.5 decoder { kind: "
             "NONE } } auxiliary { custom { name: 'occluded_contrast' } weight "
             "{ constant: " +
             weight + " } }";
    };
    EXPECT_LT(
        TermOf(Train(text("1"), seed, false), "occluded_contrast"),
        0.8 * TermOf(Train(text("1e-9"), seed, false), "occluded_contrast"));
  }
}

// Without the bound and its fit the term is InfoNCE, log 32 by chance.
TEST(VariantEffects, MasksOfAnImageTellOfEachOther) {
  for (int seed = 0; seed < 3; ++seed) {
    const std::string text =
        "mae { mask_ratio: 0.5 masking { partition { parts: 2 } } } auxiliary "
        "{ custom { name: "
        "'mutual_information' option: 'min_weight=0' } weight { constant: 0.1 "
        "} }";
    EXPECT_LT(TermOf(Train(text, seed, false), "mutual_information"),
              TermOf(Train(text, seed, true), "mutual_information") - 0.5);
  }
}

// Patches of noise are harder than grey ones: the order of two patches is
// predicted better than by chance, log 2.
TEST(VariantEffects, LossesAreRanked) {
  at::Tensor images = Greys();
  images.slice(3, 0, 4).add_(vit::Normal({kImages, 1, 8, 4}, 5));
  for (int seed = 0; seed < 3; ++seed) {
    const std::string text =
        "mae { norm_pix_loss: false masking { hard {} } scorer { "
        "loss_predictor { momentum { constant: 0.9 } } } teacher { input: "
        "WHOLE ema { momentum { constant: 0.9 } } } }";
    EXPECT_LT(TermOf(Train(text, seed, false, images), "ranking"),
              0.9 * std::log(2));
  }
}

// The prediction at visible tokens teaches the encoder alone, that at hidden
// patches teaches both.
TEST(VariantEffects, TermsOfVisibleTokensDoNotReachTheDecoder) {
  for (const char* name : {"mr_mae", "dmjd"}) {
    SCOPED_TRACE(name);
    const Experiment experiment = TinyMethods().at(name);
    for (const bool hidden : {false, true}) {
      const TinyModel model(experiment);
      StepOutput out = model.method->Step(TinyBatch(experiment, 6), {0, 0});
      out.terms[0].weight = hidden ? 1 : 0;
      model.Total(out).backward();
      for (const auto& [parameter, value] : model.Parameters()) {
        const bool decoder = parameter.rfind("decoder.", 0) == 0;
        EXPECT_EQ(value.grad().defined(), hidden || !decoder) << parameter;
      }
    }
  }
}

// The ids of the hidden patches are predicted better than by the most frequent
// of them: the loss falls below the entropy of the ids.
TEST(VariantEffects, ClustersAreLearned) {
  for (int seed = 0; seed < 3; ++seed) {
    const std::string text =
        "mae { norm_pix_loss: false target { clusters { num_clusters: 5 } } "
        "loss { cross_entropy {} } }";
    Experiment experiment = TinyExperiment(text);
    const auto target = TargetPart::Create(
        experiment.mae().target(), {experiment.encoder(), {}, false, false});
    ASSERT_TRUE(target.ok()) << target.status();
    (*target)->Build(0);
    const at::Tensor ids =
        (*target)->Compute(Greys().to(at::kFloat), nullptr).values;
    const at::Tensor p = at::bincount(ids.flatten(), {}, 5).to(at::kDouble) /
                         static_cast<double>(ids.numel());
    const double entropy = -(p * (p + 1e-12).log()).sum().item<double>();
    EXPECT_LT(TermOf(Train(text, seed, false, Greys()), "reconstruction"),
              0.9 * entropy);
  }
}

// Positions of patches are predicted better than by chance, which costs log 16.
TEST(VariantEffects, PositionsAreLearned) {
  for (int seed = 0; seed < 3; ++seed) {
    const std::string text =
        "mae { encoder_input: CONTEXT target { positions {} } decoder { kind: "
        "LINEAR } loss { cross_entropy {} reduction: ALL } } encoder { "
        "position_embedding: NONE }";
    EXPECT_LT(TermOf(Train(text, seed, false), "reconstruction"),
              0.8 * std::log(16));
  }
}

// Replaced patches are predicted better than by their mean, whose error is the
// mean of their absolute values.
TEST(VariantEffects, GroupsOfPatchesAreRestored) {
  const double baseline = Slopes().abs().mean().item<double>();
  for (int seed = 0; seed < 3; ++seed) {
    const std::string text =
        "mae { corruption { patch_groups {} } norm_pix_loss: false loss { l1 "
        "{} "
        "} decoder { kind: LINEAR } }";
    EXPECT_LT(TermOf(Train(text, seed, false, Slopes()), "reconstruction"),
              0.8 * baseline);
  }
}

// A view that can be read off the other is predicted, however little of it is
// visible; beside another image it is not.
TEST(VariantEffects, AViewIsFoundInTheOther) {
  for (int seed = 0; seed < 3; ++seed) {
    const std::string text =
        "mae { mask_ratio: 0.93 norm_pix_loss: false decoder { kind: "
        "SELF_CROSS_ATTENTION } } data { view { count: 2 } }";
    const auto loss = [&](const at::Tensor& first) {
      return TermOf(Train(text, seed, false, first, Quarters(6)),
                    "reconstruction");
    };
    EXPECT_LT(loss(Quarters(6)), 0.7 * loss(Quarters(7)));
  }
}

// Removed frequencies come back: their distance is smaller than if nothing is
// predicted.
TEST(VariantEffects, FrequenciesAreRestored) {
  const at::Tensor patches = PatchPixels(Slopes(), 2, false);
  for (int seed = 0; seed < 3; ++seed) {
    for (const std::string corruption :
         {"frequency_mask { radius: 0.3 }", "downsample { factor: 4 }"}) {
      SCOPED_TRACE(corruption);
      const std::string text = "mae { corruption { " + corruption +
                               " } norm_pix_loss: false decoder { kind: LINEAR "
                               "} loss { frequency {} } }";
      const Experiment experiment = TinyExperiment(text);
      const auto loss = ReconstructionLossPart::Create(experiment.mae().loss(),
                                                       experiment.encoder());
      ASSERT_TRUE(loss.ok()) << loss.status();
      const double nothing =
          (*loss)->Compute(0 * patches, patches, {}).value.item<double>();
      EXPECT_LT(TermOf(Train(text, seed, false, Slopes()), "reconstruction"),
                0.9 * nothing);
    }
  }
}

}  // namespace
}  // namespace caldera::ssl
