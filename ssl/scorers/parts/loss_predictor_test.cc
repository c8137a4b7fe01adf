// Compares the ranking loss with a loop, and tests what the two decoders learn
// and average and that scores learn to rank patches by difficulty.
#include "ssl/scorers/parts/loss_predictor.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>
#include <torch/optim/adam.h>

#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ssl/masking/mask_sampler.h"
#include "ssl/scorers/patch_scorer.h"
#include "vit/module_testing.h"
#include "vit/ops/gather_rows.h"
#include "vit/state_dict.h"

namespace caldera::ssl {
namespace {

using testing::StartsWith;

constexpr int64_t kImages = 16, kPatches = 16, kWidth = 8;

vit::DecoderSpec TinyDecoder() {
  vit::DecoderSpec spec;
  spec.set_embed_dim(16);
  spec.set_depth(1);
  spec.set_num_heads(2);
  return spec;
}

absl::StatusOr<std::unique_ptr<PatchScorer>> Make(
    const LossPredictorSpec& options, const Schedule& teacher = {}) {
  PatchScorerSpec spec;
  *spec.mutable_loss_predictor() = options;
  return PatchScorerPart::Create(spec, {/*teacher_reads_full_image=*/true,
                                        /*teacher_momentum=*/teacher,
                                        TinyDecoder(),
                                        {kWidth, {4, 4}, 4, true}});
}

std::unique_ptr<PatchScorer> Predictor(uint64_t seed, double momentum = 0.9) {
  LossPredictorSpec spec;
  spec.mutable_momentum()->set_constant(momentum);
  auto scorer = Make(spec);
  EXPECT_TRUE(scorer.ok()) << scorer.status();
  EXPECT_EQ((*scorer)->module(), nullptr);
  (*scorer)->Build(seed);
  (*scorer)->module()->to(at::kDouble);
  return *std::move(scorer);
}

Mask TinyMask(int64_t step) {
  return (*MaskSamplerPart::Create({}))
      ->Sample({{4, 4},
                0.5,
                {1, static_cast<uint64_t>(step)},
                at::arange(kImages, at::kLong),
                {}});
}

TEST(RankingLoss, EqualsTheLoopOverPairs) {
  const at::Tensor scores = vit::Normal({3, 5}, 1);
  const at::Tensor losses = vit::Normal({3, 5}, 2);
  losses[0][1] = losses[0][2];  // a tie counts for neither
  losses[2].fill_(1);
  double mean = 0;
  for (int64_t b = 0; b < 3; ++b) {
    double sum = 0;
    int pairs = 0;
    for (int64_t i = 0; i < 5; ++i) {
      for (int64_t j = 0; j < 5; ++j) {
        const double li = losses[b][i].item<double>();
        const double lj = losses[b][j].item<double>();
        if (li == lj) continue;
        const double p =
            1 / (1 + std::exp((scores[b][j] - scores[b][i]).item<double>()));
        sum -= li > lj ? std::log(p) : std::log(1 - p);
        ++pairs;
      }
    }
    if (pairs > 0) mean += sum / pairs / 3;
  }
  EXPECT_NEAR(RankingLoss(scores, losses).item<double>(), mean, 1e-12);
}

TEST(RankingLoss, GradientIsTheDerivativeAndLeavesTheLossesAlone) {
  at::Tensor scores = vit::Normal({3, 5}, 1).requires_grad_();
  at::Tensor losses = vit::Normal({3, 5}, 2).requires_grad_();
  vit::ExpectGradients([&] { return RankingLoss(scores, losses); },
                       {{"scores", scores}});
  EXPECT_FALSE(losses.grad().defined());
}

TEST(LossPredictor, TheAverageScoresAsTheDecoderAtFirstAndFollowsIt) {
  const auto scorer = Predictor(3);
  const vit::StateDict state = vit::GetStateDict(*scorer->module());
  std::map<std::string, at::Tensor> expected;
  for (const auto& [name, value] : state) {
    if (name.rfind("teacher.", 0) != 0) continue;
    const at::Tensor own = state.at("decoder." + name.substr(8));
    EXPECT_TRUE(value.equal(own)) << name;
    EXPECT_FALSE(value.requires_grad()) << name;
    if (!own.requires_grad()) continue;  // the position embedding
    expected[name] = value + 0.1;
    own.detach().add_(1);
  }
  EXPECT_GT(expected.size(), 10);
  scorer->AfterOptimizerStep({});
  for (const auto& [name, value] : expected) {
    EXPECT_TRUE(state.at(name).allclose(value, 0, 1e-12)) << name;
  }
}

// Without a momentum of its own the average has the teacher's, here the
// authors': from 0.999 to 0.9999 in the first 100 epochs, and no further.
TEST(LossPredictor, TheAverageHasTheTeachersMomentum) {
  Schedule ramp;
  ramp.mutable_linear_ramp()->set_from(0.999);
  ramp.mutable_linear_ramp()->set_to(0.9999);
  ramp.mutable_linear_ramp()->mutable_duration()->set_epochs(100);
  auto scorer = Make({}, ramp);
  ASSERT_TRUE(scorer.ok()) << scorer.status();
  (*scorer)->Build(3);
  (*scorer)->module()->to(at::kDouble);
  const vit::StateDict state = vit::GetStateDict(*(*scorer)->module());
  const at::Tensor learns = state.at("decoder.decoder_pred.bias").detach();
  const at::Tensor average = state.at("teacher.decoder_pred.bias");
  const RunLength run = {/*steps_per_epoch=*/2, /*total_steps=*/1600, 1};
  const struct {
    int64_t step;
    double momentum;
  } kRows[] = {{0, 0.999}, {100, 0.99945}, {200, 0.9999}, {1599, 0.9999}};
  for (const auto& row : kRows) {
    learns.fill_(1);
    average.fill_(0);
    (*scorer)->AfterOptimizerStep({row.step, run});
    EXPECT_NEAR(average.item<double>(), 1 - row.momentum, 1e-12) << row.step;
  }
}

TEST(LossPredictor, LearnsFromWhatIsVisibleAndRemoved) {
  const auto scorer = Predictor(3);
  const Mask mask = TinyMask(0);
  at::Tensor latent =
      vit::Normal({kImages, 1 + kPatches / 2, kWidth}, 1).requires_grad_();
  const at::Tensor losses = vit::Normal({kImages, kPatches / 2}, 2);
  const auto term = scorer->Learn(latent, mask, losses);
  ASSERT_TRUE(term.has_value());
  EXPECT_EQ(term->name, "ranking");
  term->value.backward();
  EXPECT_TRUE(latent.grad().defined());
  for (const auto& item : scorer->module()->named_parameters()) {
    EXPECT_EQ(item.value().grad().defined(),
              item.key().rfind("decoder.", 0) == 0)
        << item.key();
  }
}

// Returns the rank correlation, averaged over images.
double Spearman(const at::Tensor& a, const at::Tensor& b) {
  const auto ranks = [](const at::Tensor& x) {
    return at::argsort(at::argsort(x, /*stable=*/true, 1), /*stable=*/true, 1)
        .to(at::kDouble);
  };
  const double n = static_cast<double>(a.size(1));
  return 1 - 6 * (ranks(a) - ranks(b)).square().sum(1).mean().item<double>() /
                 (n * (n * n - 1));
}

// A patch's loss depends on its place: after some steps the scores of full
// images, which were never used for training, rank the patches as their losses
// do.
TEST(LossPredictor, ScoresComeToRankWhatIsHard) {
  for (uint64_t seed = 0; seed < 3; ++seed) {
    const auto scorer = Predictor(seed);
    // The difficulty depends on the place, and a little on the image.
    const at::Tensor losses = vit::Normal({1, kPatches}, 10 + seed) +
                              0.1 * vit::Normal({kImages, kPatches}, 20);
    const at::Tensor tokens =
        0.1 * vit::Normal({kImages, 1 + kPatches, kWidth}, 30);
    const auto correlation = [&] {
      TeacherOutput seen;
      seen.tokens = tokens;
      return Spearman(scorer->Score(seen), losses);
    };
    const double before = correlation();
    std::vector<at::Tensor> trained;
    for (const at::Tensor& p : scorer->module()->parameters()) {
      if (p.requires_grad()) trained.push_back(p);
    }
    torch::optim::Adam adam(trained, torch::optim::AdamOptions(0.01));
    for (int64_t step = 0; step < 100; ++step) {
      const Mask mask = TinyMask(step);
      const at::Tensor latent =
          at::cat({tokens.slice(1, 0, 1),
                   vit::GatherRows(tokens.slice(1, 1), mask.ids_keep)},
                  1);
      adam.zero_grad();
      scorer->Learn(latent, mask, losses.gather(1, mask.ids_remove))
          ->value.backward();
      adam.step();
      scorer->AfterOptimizerStep({});
    }
    EXPECT_LT(before, 0.5);
    EXPECT_GT(correlation(), 0.7);
  }
}

TEST(LossPredictor, RefusesWhatHasNoMeaning) {
  const auto error = [](const LossPredictorSpec& spec) {
    return std::string(Make(spec).status().message());
  };
  LossPredictorSpec spec;
  spec.set_weight(0);
  EXPECT_THAT(error(spec),
              StartsWith("loss_predictor.weight: 0 is not above 0"));
  spec.set_weight(1);
  spec.mutable_momentum()->set_constant(2);
  EXPECT_THAT(error(spec), StartsWith("loss_predictor.momentum.constant: 2"));
}

}  // namespace
}  // namespace caldera::ssl
