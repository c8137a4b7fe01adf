// What one component of a masked autoencoder computes reaches the others: the
// frequencies the loss, the full image the teacher, the scores the mask, the
// context the attention, and the order of patches both sides of a comparison.
#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/fft_fft2.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/part.h"
#include "ssl/masking/mask.h"
#include "ssl/methods/method.h"
#include "ssl/objective/tiny_methods_testing.h"
#include "ssl/scorers/patch_scorer.h"
#include "vit/state_dict.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kPatches = 16;  // of TinyExperiment: 4 x 4, of 2 x 2 pixels

// Turns values of patches [B, 16] into one of pixels [B, 1, 8, 8].
at::Tensor ToPixels(const at::Tensor& patches) {
  return patches.view({-1, 1, 4, 4})
      .repeat_interleave(2, 2)
      .repeat_interleave(2, 3);
}

StepOutput ForwardWithMask(Method& method, const at::Tensor& images,
                           const Mask& mask) {
  DeviceBatch batch;
  batch.views = {images};
  batch.draws.emplace().mask.mask = mask;
  return method.Forward(batch, {});
}

// The loss counts the frequencies that the corruption has removed, and no
// others.
TEST(ComponentWiring, TheLossCountsTheRemovedFrequencies) {
  const Experiment experiment = TinyMethods().at("mfm");
  const TinyModel model(experiment);
  const DeviceBatch batch =
      model.method->Prepare(TinyBatch(experiment, 8), {0, 0});
  const StepOutput out = model.method->Forward(batch, {0, 0});
  const at::Tensor& weights = batch.corrupted.frequencies;  // [8, 8, 8]
  ASSERT_TRUE(weights.defined());
  // A prediction [B, 16, 4] is put together pixel by pixel.
  at::Tensor predicted = at::empty({8, 8, 8}, at::kDouble);
  for (int64_t y = 0; y < 8; ++y) {
    for (int64_t x = 0; x < 8; ++x) {
      predicted.select(1, y).select(1, x).copy_(
          out.context.prediction.select(1, y / 2 * 4 + x / 2)
              .select(1, y % 2 * 2 + x % 2)
              .detach());
    }
  }
  const at::Tensor original = batch.views[0].select(1, 0);
  const at::Tensor distance =  // unitary: 8 x 8 numbers share a factor of 1 / 8
      (at::fft_fft2(predicted) - at::fft_fft2(original)).abs() / 8;
  double counted = 0, all = 0, kept = 0;
  for (int64_t b = 0; b < 8; ++b) {
    for (int64_t u = 0; u < 8; ++u) {
      for (int64_t v = 0; v < 8; ++v) {
        const double weight = weights[b][u][v].item<double>();
        const double d = distance[b][u][v].item<double>() / (8 * 64);
        counted += weight * d;
        all += d;
        kept += weight == 0 ? d : 0;
      }
    }
  }
  EXPECT_NEAR(out.terms[0].value.item<double>(), counted, 1e-9);
  EXPECT_GT(std::abs(counted - all), 1e-3);
  EXPECT_GT(std::abs(counted - kept), 1e-3);
}

// Spoilt images have values that no pixel has, unless they are cut to those.
TEST(ComponentWiring, SpoiltImagesAreCutToPixelsWhereAskedFor) {
  for (const char* text :
       {"frequency_mask { radius: 0.3 clip: %s }",
        "downsample { factor: 2 clip: %s }", "blur { sigma: 0.3 clip: %s }",
        "noise { clip: %s }"}) {
    SCOPED_TRACE(text);
    const std::string corruption = text;
    const size_t at = corruption.find("%s");
    const auto corrupted = [&](const std::string& clip) {
      const Experiment experiment = TinyExperiment(
          "mae { norm_pix_loss: false loss { frequency {} } decoder { kind: "
          "LINEAR embed_dim: 16 depth: 1 num_heads: 2 } corruption { " +
          std::string(corruption).replace(at, 2, clip) + " } }");
      const TinyModel model(experiment);
      DeviceBatch batch = TinyBatch(experiment, 8);
      batch.views[0] = 2 * batch.views[0];
      return model.method->Prepare(batch, {0, 0}).corrupted.images;
    };
    at::manual_seed(1);
    const at::Tensor free = corrupted("false");
    at::manual_seed(1);
    const at::Tensor cut = corrupted("true");
    EXPECT_GT(free.abs().max().item<double>(), 2);
    EXPECT_TRUE(cut.equal(free.clamp(-1.5, 1.5)));
  }
}

// A teacher of the whole image that saw the visible patches alone would go
// unnoticed by terms that read means or the visible tokens.
TEST(ComponentWiring, TheTeacherSeesTheHiddenPatchesIfItReadsTheWholeImage) {
  // HPM's scorer reads the teacher; an observer puts its tokens into the
  // context.
  for (const std::string name : {"mr_mae", "lut", "hpm", "m_dmae"}) {
    SCOPED_TRACE(name);
    Experiment experiment = TinyMethods().at(name);
    if (name != "mr_mae") {  // it has the term itself
      AuxiliaryLossSpec& observer = *experiment.add_auxiliary();
      observer.mutable_mimic();
      observer.set_observe_only(true);
    }
    const bool whole = name != "m_dmae";
    ASSERT_EQ(experiment.mae().teacher().input() == TeacherSpec::WHOLE, whole);
    const TinyModel model(experiment);
    DeviceBatch batch = TinyBatch(experiment, 3);
    const StepContext before = model.method->Step(batch, {0, 0}).context;
    const int64_t masks = before.mask.mask.size(0) / 3;
    const at::Tensor hidden =  // by the first mask of each image
        before.mask.mask.slice(0, 0, 3 * masks, masks);
    const auto first = [&](const StepContext& context) {
      return context.teacher_tokens.slice(0, 0, 3 * masks, masks);
    };
    EXPECT_EQ(first(before).size(1),
              1 + (whole ? kPatches : before.mask.ids_keep.size(1)));
    batch.views[0] = batch.views[0] + ToPixels(hidden);
    const StepContext after = model.method->Step(batch, {0, 0}).context;
    for (int64_t b = 0; b < 3; ++b) {
      EXPECT_EQ(first(before)[b].allclose(first(after)[b], 0, 1e-6), !whole)
          << b;
    }
  }
}

// Scores that are known: in image b, patch n has (n + 5 b) mod 16, or 1 if
// that is at least 12 and 0 else.
class PlantedScorer : public PatchScorer {
 public:
  explicit PlantedScorer(bool of_four) : of_four_(of_four) {}
  at::Tensor Score(const TeacherOutput& teacher) const override {
    const int64_t b = teacher.tokens.size(0);
    const at::Tensor score = (at::arange(kPatches, at::kLong) +
                              5 * at::arange(b, at::kLong).unsqueeze(1))
                                 .remainder(kPatches)
                                 .to(at::kDouble);  // [B, N]
    return of_four_ ? (score >= 12).to(at::kDouble) : score;
  }

 private:
  bool of_four_;
};

bool Plant(const char* name, bool of_four) {
  return PatchScorerPart::Register<base::NoOptions>(
      {name, "Scores that a test knows."},
      [of_four](const base::NoOptions&, const ScorerOptions&) {
        return std::make_unique<PlantedScorer>(of_four);
      });
}

const bool kPlanted = Plant("planted", false);
const bool kPlantedFour = Plant("planted_four", true);

Mask MaskOf(Experiment experiment, const std::string& scorer) {
  experiment.mutable_mae()->clear_scorer();
  experiment.mutable_mae()->mutable_scorer()->mutable_custom()->set_name(
      scorer);
  const TinyModel model(experiment);
  return model.method->Step(TinyBatch(experiment, 3), {0, 0}).context.mask;
}

// HPM's scores come from one average of encoder and second decoder.
TEST(ComponentWiring, HpmsAveragesHaveOneMomentum) {
  Experiment experiment = TinyMethods().at("hpm");
  ASSERT_EQ(experiment.mae().teacher().ema().momentum().constant(), 0.9);
  experiment.mutable_mae()
      ->mutable_scorer()
      ->mutable_loss_predictor()
      ->clear_momentum();
  const TinyModel model(experiment);
  const vit::StateDict state = model.method->NamedState();
  const auto set = [&](const std::string& name, double value) {
    state.at(name).detach().fill_(value);
  };
  const std::string encoder = "norm.bias",
                    decoder = "scorer.decoder.decoder_norm.bias";
  const std::string averages[] = {"teacher.norm.bias",
                                  "scorer.teacher.decoder_norm.bias"};
  set(encoder, 1);
  set(decoder, 1);
  for (const std::string& average : averages) set(average, 0);
  model.method->AfterOptimizerStep({0, {10, 100, 6}});
  for (const std::string& average : averages) {
    EXPECT_TRUE(
        state.at(average).allclose(at::full({16}, 0.1, at::kDouble), 0, 1e-12))
        << average;
  }
}

// HPM hides the patches of the highest scores.
TEST(ComponentWiring, HpmHidesTheHardestPatches) {
  Experiment experiment = TinyMethods().at("hpm");
  experiment.mutable_mae()
      ->mutable_masking()
      ->mutable_hard()
      ->mutable_hard_share()
      ->set_constant(1);
  const Mask mask = MaskOf(experiment, "planted");
  for (int64_t b = 0; b < 3; ++b) {
    for (int64_t n = 0; n < kPatches; ++n) {
      EXPECT_EQ(mask.mask[b][n].item<double>(),
                (n + 5 * b) % kPatches >= 4 ? 1 : 0)
          << b << " " << n;  // 12 of 16 are removed
    }
  }
}

// MaskAlign shows the patches that have the attention.
TEST(ComponentWiring, MaskAlignShowsTheMostAttendedPatches) {
  const Mask mask = MaskOf(TinyMethods().at("mask_align"), "planted_four");
  ASSERT_EQ(mask.ids_keep.size(1), 4);
  for (int64_t b = 0; b < 3; ++b) {
    for (int64_t n = 0; n < kPatches; ++n) {
      EXPECT_EQ(mask.mask[b][n].item<double>(),
                (n + 5 * b) % kPatches >= 12 ? 0 : 1)
          << b << " " << n;
    }
  }
}

// A patch outside of the context tells no other one anything; a patch of the
// context does.
TEST(ComponentWiring, Mp3ReadsNothingButItsContext) {
  const TinyModel model(TinyMethods().at("mp3"));
  const at::Tensor images = TinyBatch(TinyMethods().at("mp3"), 1).views[0];
  Mask mask;
  mask.ids_keep = at::tensor({3, 5, 6, 10}, at::kLong).view({1, 4});
  mask.mask = at::empty({1, kPatches}).fill_(1).scatter(1, mask.ids_keep, 0);
  const auto predict = [&](int64_t changed) {
    at::Tensor patch = at::empty({1, kPatches}, at::kDouble).zero_();
    if (changed >= 0) patch[0][changed] = 1;
    return ForwardWithMask(*model.method, images + ToPixels(patch), mask)
        .context.prediction[0];  // [N, N]
  };
  const at::Tensor before = predict(-1), outside = predict(7),
                   inside = predict(6);
  for (int64_t n = 0; n < kPatches; ++n) {
    EXPECT_EQ(outside[n].equal(before[n]), n != 7) << n;
    EXPECT_FALSE(inside[n].equal(before[n])) << n;
  }
}

// The latents that are predicted and those that the teacher gives are in the
// order of mask.ids_remove: another order of the same patches is the same
// change of both. Only the identity commutes with a turn and with a swap.
TEST(ComponentWiring, CaesLatentsAreInTheOrderOfTheTeachers) {
  const Experiment experiment = TinyMethods().at("cae");
  const TinyModel model(experiment);
  const at::Tensor images = TinyBatch(experiment, 2).views[0];
  const at::Tensor keep =
      at::tensor({0, 3, 4, 9, 10, 13, 14, 15}, at::kLong).expand({2, 8});
  const at::Tensor remove =
      at::tensor({8, 1, 12, 2, 11, 5, 7, 6}, at::kLong).expand({2, 8});
  const auto run = [&](const at::Tensor& ids_remove) {
    Mask mask;
    mask.ids_keep = keep.contiguous();
    mask.ids_remove = ids_remove.contiguous();
    mask.ids_restore = at::cat({keep, ids_remove}, 1).argsort(int64_t{1});
    mask.mask = at::empty({2, kPatches}).fill_(1).scatter(1, keep, 0);
    return ForwardWithMask(*model.method, images, mask).context;
  };
  const StepContext straight = run(remove);
  for (const at::Tensor& order :
       {at::tensor({1, 2, 3, 4, 5, 6, 7, 0}, at::kLong),
        at::tensor({1, 0, 2, 3, 4, 5, 6, 7}, at::kLong)}) {
    const StepContext other = run(remove.index_select(1, order));
    EXPECT_TRUE(other.decoder_latents.allclose(
        straight.decoder_latents.index_select(1, order), 0, 1e-12));
    EXPECT_FALSE(
        other.decoder_latents.allclose(straight.decoder_latents, 0, 1e-6));
    const at::Tensor tokens = straight.teacher_tokens.slice(1, 1);
    EXPECT_TRUE(other.teacher_tokens.slice(1, 1).allclose(
        tokens.index_select(1, order), 0, 1e-12));
    EXPECT_FALSE(other.teacher_tokens.slice(1, 1).allclose(tokens, 0, 1e-6));
  }
}

}  // namespace
}  // namespace caldera::ssl
