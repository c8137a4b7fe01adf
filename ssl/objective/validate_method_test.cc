// Experiments whose components do not fit are refused before anything starts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ssl/objective/experiment_plan.h"
#include "ssl/objective/tiny_methods_testing.h"

namespace caldera::ssl {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string Error(const std::string& text) {
  return std::string(
      ExperimentPlan::Make(TinyExperiment(text)).status().message());
}

const char kTwo[] = "data { view { count: 2 } } ";

TEST(ValidateMethod, EveryTinyMethodIsValid) {
  for (const auto& [name, experiment] : TinyMethods()) {
    const absl::Status status = ExperimentPlan::Make(experiment).status();
    EXPECT_TRUE(status.ok()) << name << ": " << status;
  }
}

TEST(ValidateMethod, NamesTheMethods) {
  EXPECT_THAT(Error(""), HasSubstr("no method is named"));
}

TEST(ValidateMethod, NumberOfViews) {
  EXPECT_THAT(Error("mae {} data { view { count: 2 } }"),
              StartsWith("data.view: 2 views of an image, mae needs 1"));
  EXPECT_THAT(Error("simclr {}"),
              StartsWith("data.view: 1 view of an image, simclr needs 2"));
  EXPECT_THAT(Error("vicreg {} data { view { count: 3 } }"),
              StartsWith("data.view: 3 views"));
}

TEST(ValidateMethod, ABatchOfOneHasNothingToCompare) {
  for (const char* method : {"simclr {} ", "vicreg {} "}) {
    EXPECT_THAT(Error(std::string(method) + kTwo + "train { batch_size: 1 }"),
                StartsWith("train.batch_size: 1, but "));
    EXPECT_THAT(Error(std::string(method) + kTwo +
                      "train { batch_size: 6 accumulate_steps: 6 }"),
                StartsWith("train.accumulate_steps: 6, but "));
  }
}

TEST(ValidateMethod, NobodyPredictsLosses) {
  EXPECT_THAT(Error("mae {} auxiliary { custom { name: 'loss_rank' } }"),
              StartsWith("mae.scorer: an auxiliary term reads what a scorer "
                         "predicts"));
}

TEST(ValidateMethod, TapsBeyondTheDepth) {
  EXPECT_THAT(Error("mae {} regularizer { magma { pair { reference: 1 target: "
                    "2 } } }"),
              StartsWith("regularizer.magma.pair[0].target: block 2"));
  const std::string mae =
      "mae { teacher { frozen { encoder: '" + TinyTeacher() + "' } } } ";
  EXPECT_THAT(Error(mae + "auxiliary { distillation { student_block: 2 } }"),
              StartsWith("auxiliary[0].distillation.student_block: block 2"));
  EXPECT_THAT(Error(mae + "auxiliary { distillation { teacher_block: -3 } }"),
              StartsWith("auxiliary[0].distillation.teacher_block: block -3"));
}

TEST(ValidateMethod, MasksThatLeaveNothing) {
  EXPECT_THAT(Error("mae { mask_ratio: 0.95 }"),
              StartsWith("mae.mask_ratio: 0.95 keeps 0 of 16 patches"));
  EXPECT_THAT(Error("mae { masking { grid {} } mask_ratio: 0.5 }"),
              StartsWith("mae.mask_ratio: 0.5 is not 1 - 1/s^2"));
  EXPECT_THAT(Error("mae { masking { block { min_aspect: 0 } } }"),
              StartsWith("mae.masking.block.min_aspect: 0 is not"));
  EXPECT_THAT(Error("mae { mask_ratio_schedule { linear_ramp { from: 0.5 to: 1 "
                    "} } }"),
              StartsWith("mae.mask_ratio_schedule.linear_ramp.to: 1 is not"));
}

TEST(ValidateMethod, MasksThatDoNotAddUp) {
  EXPECT_THAT(Error("mae { masking { partition { parts: 3 } } }"),
              StartsWith("mae.mask_ratio: 0.75 keeps 4 of 16 patches, but "
                         "masking.partition.parts: 3 of them are 12"));
  // The grid is 7 x 7.
  EXPECT_THAT(Error("mae { masking { partition {} } } "
                    "encoder { image_size: 14 }"),
              StartsWith("mae.mask_ratio: 0.75 keeps 12 of 49 patches, but "
                         "masking.partition.parts: 4"));
  for (const char* masking : {"grid", "partition"}) {
    EXPECT_THAT(Error(std::string("mae { masking { ") + masking +
                      " {} } mask_ratio_schedule { constant: 0.75 } }"),
                StartsWith(std::string("mae.mask_ratio_schedule: masking.") +
                           masking + " has one ratio"));
  }
}

TEST(ValidateMethod, CellsTileTheGrid) {
  EXPECT_THAT(Error("mae { masking { disjoint_block {} } } "
                    "encoder { image_size: 14 }"),
              StartsWith("mae.mask_ratio: 0.75 applies to a grid of 7 x 7 "
                         "patches, "
                         "which masking.disjoint_block.cell: 2 does not"));
  EXPECT_THAT(Error("mae { target { hog {} } }"),
              StartsWith("mae.target.hog.cell: 8 does not divide "
                         "encoder.patch_size: 2"));
}

TEST(ValidateMethod, BroadContextNeedsAnAverageThatSeesTheWholeImage) {
  const std::string term = "auxiliary { broad_context {} } ";
  for (const std::string& mae :
       {std::string("mae {} "), std::string("mae { teacher { ema {} } } "),
        "mae { teacher { input: WHOLE frozen { encoder: '" + TinyTeacher() +
            "' } } } "}) {
    EXPECT_THAT(Error(mae + term),
                StartsWith("auxiliary[0].broad_context: needs a moving "
                           "average of the encoder"));
  }
  const std::string lut = "mae { teacher { input: WHOLE ema {} } } " + term;
  EXPECT_THAT(Error(lut + "train { batch_size: 1 }"),
              StartsWith("auxiliary[0].broad_context: its BatchNorm compares "
                         "the images of a batch"));
  EXPECT_THAT(Error(lut + "train { batch_size: 6 accumulate_steps: 6 }"),
              HasSubstr("give microbatches of 1; use microbatches of 2"));
}

TEST(ValidateMethod, AlignedLatentsArePredictedAndTaught) {
  const std::string term = "auxiliary { latent_alignment {} } ";
  const std::string regressor = "decoder { kind: REGRESSOR } ";
  EXPECT_THAT(Error("mae { teacher { input: MASKED ema {} } } " + term),
              StartsWith("auxiliary[0].latent_alignment: the method predicts "
                         "no latents"));
  EXPECT_THAT(Error("mae { " + regressor + " } " + term),
              StartsWith("auxiliary[0].latent_alignment: no teacher reads the "
                         "removed patches"));
  EXPECT_THAT(Error("mae { decoder { kind: REGRESSOR regressor_depth: 0 } }"),
              StartsWith("mae.decoder.regressor_depth: 0"));
  EXPECT_THAT(Error("mae { " + regressor + " loss { reduction: ALL } }"),
              StartsWith("mae.loss.reduction: ALL needs"));
}

TEST(ValidateMethod, TeachersThatSeeOtherPatches) {
  const std::string frozen = "frozen { encoder: '" + TinyTeacher() + "' } ";
  for (const char* input : {"WHOLE", "MASKED"}) {
    EXPECT_THAT(
        Error("mae { teacher { " + frozen + "input: " + input +
              " } } auxiliary { distillation {} }"),
        StartsWith("auxiliary[0].distillation.teacher_block: is "
                   "compared token by token, so the teacher must read"));
  }
  EXPECT_THAT(Error("mae { teacher { " + frozen +
                    "input: MASKED } } auxiliary { mimic {} }"),
              StartsWith("auxiliary[0].mimic: reads the visible patches, but "
                         "mae.teacher.input: MASKED"));
}

TEST(ValidateMethod, ScoresAreGivenAndRead) {
  const std::string whole =
      "teacher { frozen { encoder: '" + TinyTeacher() + "' } input: WHOLE } ";
  const std::string scorer = "scorer { teacher_attention {} } ";
  EXPECT_THAT(Error("mae { masking { scored {} } }"),
              StartsWith("mae.masking.scored: reads scores; write scorer"));
  EXPECT_THAT(Error("mae { masking { hard {} } }"),
              StartsWith("mae.masking.hard: reads scores; write scorer"));
  EXPECT_THAT(Error("mae { " + scorer + whole + "}"),
              StartsWith("mae.scorer: masking.random reads no scores"));
  EXPECT_THAT(Error("mae { masking { block {} } " + scorer + whole + "}"),
              StartsWith("mae.scorer: masking.block reads no scores"));
  EXPECT_THAT(Error("mae { masking { scored {} } " + scorer + "}"),
              StartsWith("mae.scorer.teacher_attention: needs a teacher"));
  EXPECT_THAT(Error("mae { masking { scored {} } scorer {} " + whole + "}"),
              StartsWith("mae.scorer: no part is named; write loss_predictor"));
  EXPECT_EQ(Error("mae { masking { scored {} } " + scorer + whole + "}"), "");
  EXPECT_EQ(Error("mae { masking { hard {} } " + scorer + whole + "}"), "");
  const std::string hpm = "mae { masking { hard {} } scorer { loss_predictor ";
  EXPECT_THAT(Error(hpm + "{} } " + whole + "}"),
              StartsWith("mae.scorer.loss_predictor: needs a moving average"));
  const std::string average = "teacher { ema {} input: WHOLE } ";
  EXPECT_EQ(Error(hpm + "{} } " + average + "}"), "");
  EXPECT_THAT(
      Error(hpm + "{} } decoder { kind: CROSS_ATTENTION } " + average + "}"),
      StartsWith("mae.scorer.loss_predictor: copies the kind of mae.decoder, "
                 "but CROSS_ATTENTION"));
  EXPECT_THAT(Error(hpm + "{ weight: -1 } } " + average + "}"),
              StartsWith("mae.scorer.loss_predictor.weight: -1 is not"));
}

TEST(ValidateMethod, WithoutADecoderATermMustTeach) {
  const std::string none = "mae { decoder { kind: NONE } ";
  const std::string whole =
      "teacher { frozen { encoder: '" + TinyTeacher() + "' } input: WHOLE } ";
  const std::string align =
      "auxiliary { layer_alignment { teacher_blocks: 1 } ";
  EXPECT_THAT(Error(none + "}"),
              StartsWith("mae.decoder.kind: NONE predicts nothing, and no "
                         "term of auxiliary has a weight throughout"));
  EXPECT_THAT(Error(none + whole + "} " + align + "observe_only: true }"),
              StartsWith("mae.decoder.kind: NONE predicts nothing, and no"));
  EXPECT_THAT(Error(none + whole + "} " + align +
                    "weight { window { start { share: 0.5 } } } }"),
              StartsWith("mae.decoder.kind: NONE predicts nothing, and no"));
  EXPECT_EQ(Error(none + whole + "} " + align + "}"), "");
  EXPECT_THAT(Error(none + "masking { partition {} } } auxiliary { consistency "
                           "{} }"),
              StartsWith("mae.decoder.kind: NONE predicts nothing, but an "
                         "auxiliary term reads predictions"));
}

TEST(ValidateMethod, AlignedLayersNeedATeacherOfTheWholeImage) {
  EXPECT_THAT(Error("mae {} auxiliary { layer_alignment {} }"),
              StartsWith("auxiliary[0].layer_alignment: needs a teacher that "
                         "reads the full image"));
  EXPECT_THAT(Error("mae { teacher { input: WHOLE ema {} } } "
                    "auxiliary { layer_alignment {} }"),
              StartsWith("auxiliary[0].layer_alignment.teacher_blocks: 5 is "
                         "not in [1, 2]; mae.teacher has 2 blocks"));
}

TEST(ValidateMethod, VisibleTargetsAreNumbersOfPatches) {
  EXPECT_THAT(Error("mae { target { clusters {} } loss { cross_entropy {} } } "
                    "auxiliary { visible_target {} }"),
              StartsWith("auxiliary[0].visible_target: compares numbers, but "
                         "mae.target gives ids"));
  EXPECT_THAT(
      Error(std::string("simclr {} auxiliary { visible_target {} } ") + kTwo),
      StartsWith("auxiliary[0].visible_target: the method has no target"));
}

TEST(ValidateMethod, IdsAndNumbers) {
  EXPECT_THAT(Error("mae { loss { cross_entropy {} } }"),
              StartsWith("mae.loss.cross_entropy: compares ids, but "
                         "target.pixels gives numbers"));
  EXPECT_THAT(Error("mae { target { clusters {} } }"),
              StartsWith("mae.loss.mse: compares numbers, but "
                         "target.clusters gives ids"));
  EXPECT_THAT(Error("mae { target { clusters {} } loss { l1 {} } }"),
              StartsWith("mae.loss.l1: compares numbers, but "
                         "target.clusters gives ids"));
}

TEST(ValidateMethod, EncodersThatSeeEveryPatch) {
  const std::string context = "mae { encoder_input: CONTEXT ";
  const std::string groups = "mae { corruption { patch_groups {} } ";
  const std::string linear = "decoder { kind: LINEAR } ";
  EXPECT_EQ(Error(context + "}"), "");
  EXPECT_EQ(Error(groups + "loss { reduction: ALL } }"), "");
  EXPECT_THAT(Error(context + "decoder { kind: CROSS_ATTENTION } }"),
              StartsWith("mae.decoder.kind: CROSS_ATTENTION is for removed "
                         "patches, but encoder_input: CONTEXT removes none"));
  EXPECT_THAT(Error(groups + "decoder { kind: CROSS_ATTENTION } }"),
              HasSubstr("but corruption removes none"));
  const std::string teacher =
      "teacher { frozen { encoder: '" + TinyTeacher() + "' } } ";
  EXPECT_THAT(Error(groups + teacher +
                    "} auxiliary { distillation { student_block: 1 } }"),
              StartsWith("mae.teacher.input: VISIBLE, but corruption gives"));
  EXPECT_THAT(Error(context + "masking { complement {} } } auxiliary { "
                              "consistency {} }"),
              StartsWith("mae.encoder_input: CONTEXT: an auxiliary term reads "
                         "which patches are visible"));
  EXPECT_THAT(Error(groups + "encoder_input: CONTEXT }"),
              StartsWith("mae.encoder_input: CONTEXT needs a mask, but "
                         "corruption replaces it"));
  EXPECT_THAT(Error(groups + "masking { block {} } }"),
              StartsWith("mae.masking: corruption replaces it"));
  EXPECT_THAT(Error(groups + "mask_ratio_schedule { constant: 0.5 } }"),
              StartsWith("mae.mask_ratio_schedule: corruption removes no "
                         "patches"));
  EXPECT_THAT(Error("mae { corruption {} }"),
              StartsWith("mae.corruption: no part is named; write blur {}"));
  EXPECT_THAT(Error("mae { corruption { blur {} } }"),
              StartsWith("mae.loss.reduction: MASKED counts by patches, but "
                         "corruption replaces none"));
  EXPECT_THAT(Error(groups + linear + "} data { loader { repeats: 2 } }"),
              StartsWith("mae.corruption.patch_groups.fill: MIX takes "
                         "patches from the neighbour in the batch, which "
                         "data.loader.repeats: 2 makes"));
  EXPECT_THAT(Error("mae { corruption { patch_groups { fill: ALIEN } } " +
                    linear + "} train { batch_size: 1 }"),
              StartsWith("mae.corruption.patch_groups.fill: ALIEN takes "
                         "patches from another image of the batch, but "
                         "train.batch_size: 1"));
}

TEST(ValidateMethod, PositionsAreNotGivenAway) {
  const std::string rest =
      " target { positions {} } loss { cross_entropy {} reduction: ALL } } ";
  const std::string none = "encoder { position_embedding: NONE }";
  EXPECT_EQ(Error("mae { encoder_input: CONTEXT decoder { kind: LINEAR }" +
                  rest + none),
            "");
  EXPECT_THAT(
      Error("mae { decoder { kind: LINEAR masked_only: false }" + rest + none),
      StartsWith("mae.target.positions: needs an encoder that reads all "
                 "patches"));
  EXPECT_THAT(
      Error("mae { encoder_input: CONTEXT decoder { kind: LINEAR }" + rest),
      StartsWith("mae.target.positions: encoder.position_embedding: SIN_COS "
                 "gives them"));
  EXPECT_THAT(Error("mae { encoder_input: CONTEXT" + rest + none),
              StartsWith("mae.target.positions: decoder.kind: TRANSFORMER adds "
                         "them"));
  EXPECT_THAT(Error("mae { encoder_input: CONTEXT target { positions {} } "
                    "decoder { kind: LINEAR } } " +
                    none),
              StartsWith("mae.loss.mse: compares numbers, but "
                         "target.positions gives ids"));
}

TEST(ValidateMethod, SpectraAreOfImages) {
  const std::string mask =
      "mae { corruption { frequency_mask { radius: 0.3 } } loss { frequency {} "
      "} ";
  EXPECT_EQ(Error(mask + "norm_pix_loss: false }"), "");
  EXPECT_THAT(Error(mask + "}"),
              StartsWith("mae.loss.frequency: compares images, but "
                         "norm_pix_loss: true"));
  EXPECT_THAT(Error("mae { norm_pix_loss: false loss { frequency {} } }"),
              StartsWith("mae.loss.frequency: compares full images, which are "
                         "predicted only with a corruption"));
  EXPECT_THAT(
      Error(mask + "norm_pix_loss: false loss { reduction: VISIBLE } }"),
      StartsWith("mae.loss.reduction: VISIBLE counts patches, but "
                 "loss.frequency"));
  EXPECT_THAT(Error(mask + "norm_pix_loss: false loss { frequency { gamma: 0 } "
                           "} }"),
              StartsWith("mae.loss.frequency.gamma: 0 is not in (0, 4]"));
  EXPECT_THAT(Error(mask + "norm_pix_loss: false target { teacher_features {} "
                           "} teacher { input: WHOLE ema {} } }"),
              StartsWith("mae.loss.frequency: compares images, but target"));
}

TEST(ValidateMethod, TwoViewsOfAMaskedAutoencoder) {
  const std::string crop = "mae { decoder { kind: SELF_CROSS_ATTENTION } ";
  EXPECT_EQ(Error(crop + "} " + kTwo), "");
  EXPECT_THAT(Error(crop + "}"),
              StartsWith("data.view: 1 view of an image, mae.decoder.kind: "
                         "SELF_CROSS_ATTENTION needs 2"));
  EXPECT_THAT(Error(crop +
                    "masking { complement {} } } auxiliary { "
                    "consistency {} } " +
                    kTwo),
              StartsWith("mae.decoder.kind: SELF_CROSS_ATTENTION masks the "
                         "second view, but an auxiliary term"));
  EXPECT_THAT(Error(crop + "encoder_input: CONTEXT } " + kTwo),
              StartsWith("mae.decoder.kind: SELF_CROSS_ATTENTION is for "
                         "removed patches"));
  // The paper masks 2 of 196 patches; of 7 x 7 none would be left.
  EXPECT_THAT(
      Error(crop + "mask_ratio: 0.985 } encoder { image_size: 14 } " + kTwo),
      StartsWith("mae.mask_ratio: 0.985 keeps 0 of 49 patches"));
}

TEST(ValidateMethod, CrateDropsNoPaths) {
  EXPECT_THAT(
      Error("mae {} encoder { block: CRATE drop_path: 0.1 }"),
      StartsWith(
          "encoder.drop_path: 0.1 has no branch to drop in block: CRATE"));
}

TEST(ValidateMethod, MimicryNeedsATeacher) {
  EXPECT_THAT(Error("mae {} auxiliary { mimic {} }"),
              StartsWith("auxiliary[0].mimic: the method has no teacher; name "
                         "one in mae { teacher"));
}

TEST(ValidateMethod, TermsThatCompareMasksNeedSeveral) {
  EXPECT_THAT(Error("mae {} auxiliary { consistency {} }"),
              StartsWith("auxiliary[0].consistency: compares what several "
                         "masks of an image predict, but mae.masking draws "
                         "one mask"));
  EXPECT_THAT(
      Error(std::string("simclr {} auxiliary { consistency {} } ") + kTwo),
      HasSubstr("mae.masking does not apply to this method"));
}

TEST(ValidateMethod, ThePatchDividesTheImage) {
  EXPECT_THAT(Error("mae {} encoder { patch_size: 3 }"),
              StartsWith("encoder.patch_size: 3"));
}

TEST(ValidateMethod, PartsThatDoNotFit) {
  EXPECT_THAT(Error("mae { teacher { frozen { encoder: '/no/such' } } } "
                    "auxiliary { distillation {} }"),
              StartsWith("mae.teacher.frozen.encoder: "));
  EXPECT_THAT(Error("mae { teacher { ema {} } }"),
              StartsWith("mae.teacher: nothing reads it"));
  EXPECT_THAT(Error("mae {} auxiliary { distillation {} }"),
              StartsWith("auxiliary[0].distillation.teacher_block: the method "
                         "has no teacher"));
  EXPECT_THAT(Error("mae { target { teacher_features {} } }"),
              StartsWith("mae.target.teacher_features: needs a teacher"));
  EXPECT_THAT(Error("mae { loss { reduction: ALL } }"),
              StartsWith("mae.loss.reduction: ALL needs"));
  EXPECT_THAT(Error(std::string("simclr { temperature: 0 } ") + kTwo),
              StartsWith("simclr.temperature: 0"));
  EXPECT_THAT(
      Error(std::string("vicreg { projector { hidden_dim: 0 } } ") + kTwo),
      StartsWith("vicreg.projector.hidden_dim: 0"));
  EXPECT_THAT(Error(std::string("vicreg { variance_weight: -1 } ") + kTwo),
              StartsWith("vicreg.variance_weight: -1"));
}

TEST(ValidateMethod, Classification) {
  const auto error = [](const std::string& fields,
                        const std::string& rest = "") {
    return Error("classification { " + fields + " } " + rest);
  };
  EXPECT_EQ(error(""), "");
  EXPECT_THAT(error("num_classes: 1"),
              StartsWith("classification.num_classes: 1 is not at least 2"));
  EXPECT_THAT(error("label_smoothing: 1.5"),
              StartsWith("classification.label_smoothing: 1.5 is not in"));
  EXPECT_THAT(error("label_smoothing: nan"),
              StartsWith("classification.label_smoothing: nan is not in"));
  EXPECT_THAT(error("test_crop: 0"),
              StartsWith("classification.test_crop: 0 is not in"));
  EXPECT_THAT(error("mixup { mixup_alpha: -1 }"),
              StartsWith("classification.mixup.mixup_alpha: -1 is not"));
  EXPECT_THAT(error("encoder: '/no/such/run'"),
              StartsWith("classification.encoder: "));
  const std::string start = "encoder: '" + TinyTeacher() + "'";
  EXPECT_EQ(error(start), "");
  EXPECT_THAT(error(start, "encoder { embed_dim: 32 }"),
              testing::AllOf(StartsWith("classification.encoder: "),
                             HasSubstr("has the shape")));
  EXPECT_THAT(error(start, "encoder { num_heads: 4 }"),
              HasSubstr("was trained with 2 attention heads"));
  EXPECT_THAT(error(start, "encoder { depth: 3 }"),
              HasSubstr("lacks the tensor \"blocks.2"));
  EXPECT_THAT(error("", "data { view { count: 2 } }"),
              StartsWith("data.view: 2 views of an image, classification "
                         "needs 1"));
  EXPECT_THAT(error("", "eval { measured_on: VALIDATION }"),
              StartsWith("eval.measured_on: VALIDATION"));
  EXPECT_THAT(error("", "auxiliary { distillation {} }"),
              StartsWith("auxiliary[0].distillation.teacher_block: the method "
                         "has no teacher"));
}

}  // namespace
}  // namespace caldera::ssl
