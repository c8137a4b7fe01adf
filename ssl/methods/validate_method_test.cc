// Experiments whose parts do not fit are refused before anything starts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ssl/methods/tiny_methods_testing.h"
#include "ssl/spec/validate_experiment.h"

namespace caldera::ssl {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string Error(const std::string& text) {
  return std::string(ValidateExperiment(TinyExperiment(text)).message());
}

const char kTwo[] = "data { view { count: 2 } } ";

TEST(ValidateMethod, EveryTinyMethodIsValid) {
  for (const auto& [name, experiment] : TinyMethods()) {
    const absl::Status status = ValidateExperiment(experiment);
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
  // A grid of 7 x 7.
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
              StartsWith("mae.teacher.input: VISIBLE, but corruption lets"));
  EXPECT_THAT(Error(context + "masking { complement {} } } auxiliary { "
                              "consistency {} }"),
              StartsWith("mae.encoder_input: CONTEXT: an auxiliary term asks "
                         "which patches are visible"));
  EXPECT_THAT(Error(groups + "encoder_input: CONTEXT }"),
              StartsWith("mae.encoder_input: CONTEXT is of masks, but "
                         "corruption takes their place"));
  EXPECT_THAT(Error(groups + "masking { block {} } }"),
              StartsWith("mae.masking: corruption takes its place"));
  EXPECT_THAT(Error(groups + "mask_ratio_schedule { constant: 0.5 } }"),
              StartsWith("mae.mask_ratio_schedule: corruption removes no "
                         "patches"));
  EXPECT_THAT(Error("mae { corruption {} }"),
              StartsWith("mae.corruption.kind: none is named"));
  EXPECT_THAT(Error("mae { corruption { blur {} } }"),
              StartsWith("mae.loss.reduction: MASKED counts by patches, but "
                         "corruption replaces none"));
  EXPECT_THAT(Error(groups + linear + "} data { loader { repeats: 2 } }"),
              StartsWith("mae.corruption.patch_groups.fill: ALIEN takes "
                         "patches from the neighbour in the batch, which "
                         "data.loader.repeats: 2 makes"));
  EXPECT_THAT(Error(groups + linear + "} train { batch_size: 1 }"),
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
      StartsWith("mae.target.positions: patches that the encoder does "
                 "not see"));
  EXPECT_THAT(
      Error("mae { encoder_input: CONTEXT decoder { kind: LINEAR }" + rest),
      StartsWith("mae.target.positions: encoder.position_embedding: SIN_COS "
                 "tells them"));
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
              StartsWith("mae.loss.frequency: compares whole images, which a "
                         "corruption alone"));
  EXPECT_THAT(
      Error(mask + "norm_pix_loss: false loss { reduction: VISIBLE } }"),
      StartsWith("mae.loss.reduction: VISIBLE is of patches, but "
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
  // 2 of 196 patches in the paper; of 7 x 7 none would be left.
  EXPECT_THAT(
      Error(crop + "mask_ratio: 0.985 } encoder { image_size: 14 } " + kTwo),
      StartsWith("mae.mask_ratio: 0.985 keeps 0 of 49 patches"));
}

TEST(ValidateMethod, CrateDropsNoPaths) {
  EXPECT_THAT(Error("mae {} encoder { block: CRATE drop_path: 0.1 }"),
              StartsWith("encoder.drop_path: 0.1, but block: CRATE"));
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
                         "one"));
  EXPECT_THAT(
      Error(std::string("simclr {} auxiliary { consistency {} } ") + kTwo),
      HasSubstr("mae.masking is not of this method"));
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
