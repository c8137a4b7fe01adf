#include "ssl/objective/make_method.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/field_check.h"
#include "base/field_path.h"
#include "base/status.h"
#include "data/augment/views.h"
#include "ssl/mae/make_masked_autoencoder.h"
#include "ssl/masking/make_mask_sampler.h"
#include "ssl/methods/class_count.h"
#include "ssl/methods/classification.h"
#include "ssl/methods/custom_method.h"
#include "ssl/methods/simclr.h"
#include "ssl/methods/vicreg.h"
#include "ssl/schedule/schedule_range.h"
#include "vit/decoders/decoder_plan.h"
#include "vit/model/validate_encoder.h"
#include "vit/zoo.h"

namespace caldera::ssl {
namespace {

absl::Status CheckViews(const Experiment& experiment, absl::string_view method,
                        int64_t needed) {
  const auto views =
      static_cast<int64_t>(data::ViewsOf(experiment.data()).size());
  if (views == needed) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("data.view: ", views, views == 1 ? " view" : " views",
                   " of an image, ", method, " needs ", needed,
                   needed == 1 ? "; describe it in data { augment {} }"
                               : "; write data { view { count: 2 ... } }"));
}

absl::Status CheckProjector(const ProjectorSpec& spec) {
  base::FieldCheck check;
  check.AtLeast("hidden_dim", spec.hidden_dim(), 1);
  if (spec.has_output_dim()) {
    check.AtLeast("output_dim", spec.output_dim(), 1);
  }
  return check.status();
}

absl::Status CheckNoTeacher(absl::string_view method,
                            const ContextRequest& request) {
  if (!request.reads_teacher()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "auxiliary: a term reads a teacher, which ", method, " does not have"));
}

// Checks what SimCLR and VICReg have in common; BatchNorm and pairs need two
// images.
absl::Status CheckTwoViews(const Experiment& experiment,
                           absl::string_view method,
                           const ProjectorSpec& projector,
                           const ContextRequest& request) {
  const TrainSpec& train = experiment.train();
  if (train.batch_size() < 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("train.batch_size: ", train.batch_size(), ", but ", method,
                     " compares the images of a batch; use 2 or more"));
  }
  if (train.accumulate_steps() > train.batch_size() / 2) {
    return absl::InvalidArgumentError(absl::StrCat(
        "train.accumulate_steps: ", train.accumulate_steps(), ", but ", method,
        " compares the images of a microbatch; use ", train.batch_size() / 2,
        " or less, for microbatches of 2"));
  }
  RETURN_IF_ERROR(CheckNoTeacher(method, request));
  RETURN_IF_ERROR(CheckViews(experiment, method, 2));
  return base::Within(method,
                      base::Within("projector", CheckProjector(projector)));
}

absl::Status CheckSimClr(const Experiment& experiment,
                         const ContextRequest& request) {
  RETURN_IF_ERROR(base::FieldCheck()
                      .InRange("simclr.temperature",
                               experiment.simclr().temperature(), 1e-3, 1e3)
                      .status());
  return CheckTwoViews(experiment, "simclr", experiment.simclr().projector(),
                       request);
}

absl::Status CheckVicReg(const Experiment& experiment,
                         const ContextRequest& request) {
  const VicRegSpec& spec = experiment.vicreg();
  base::FieldCheck check;
  const auto check_weight = [&check](absl::string_view field, double weight) {
    check.Require(weight >= 0 && std::isfinite(weight), field, weight,
                  "is not at least 0");
  };
  check_weight("vicreg.invariance_weight", spec.invariance_weight());
  check_weight("vicreg.variance_weight", spec.variance_weight());
  check_weight("vicreg.covariance_weight", spec.covariance_weight());
  RETURN_IF_ERROR(check.status());
  return CheckTwoViews(experiment, "vicreg", spec.projector(), request);
}

// Returns true if the term is part of the gradient throughout.
bool Teaches(const AuxiliaryLossSpec& term) {
  if (term.observe_only()) return false;
  const auto weights = ExtremeValues(term.weight());  // none: 1
  return std::none_of(weights.begin(), weights.end(),
                      [](const auto& weight) { return weight.second == 0; });
}

constexpr char kDecoderKind[] = "mae.decoder.kind: ";

// Checks that some term teaches: a method that predicts nothing has no loss of
// its own.
absl::Status CheckTaught(const Experiment& experiment,
                         const vit::DecoderPlan& decoder) {
  if (decoder.predicts() ||
      std::any_of(experiment.auxiliary().begin(), experiment.auxiliary().end(),
                  Teaches)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      kDecoderKind, vit::DecoderKind(decoder.spec()),
      " predicts nothing, and no term of auxiliary has a weight throughout; "
      "write auxiliary { layer_alignment {} }"));
}

// Checks that neighbours in the batch are two images.
absl::Status CheckAlienPatches(const Experiment& experiment) {
  const CorruptionSpec& corruption = experiment.mae().corruption();
  if (!corruption.has_patch_groups() ||
      corruption.patch_groups().fill() != PatchGroupsSpec::ALIEN) {
    return absl::OkStatus();
  }
  constexpr char kFill[] = "mae.corruption.patch_groups.fill: ALIEN takes ";
  const int repeats = experiment.data().loader().repeats();
  if (repeats > 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        kFill,
        "patches from the neighbour in the batch, which data.loader.repeats: ",
        repeats, " makes a copy of the same image; use NOISE or ZERO"));
  }
  const int parts = experiment.train().accumulate_steps();
  if (experiment.train().batch_size() >= 2 * parts) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      kFill, "patches from another image of the batch, but train.batch_size: ",
      experiment.train().batch_size(), " in ", parts,
      " train.accumulate_steps leaves microbatches of one image; use NOISE or "
      "ZERO"));
}

absl::Status CheckMae(const Experiment& experiment,
                      const ContextRequest& request) {
  const vit::DecoderSpec& spec = experiment.mae().decoder();
  ASSIGN_OR_RETURN(
      const auto decoder,
      base::Within("mae", base::Within("decoder", vit::PlanDecoder(spec))));
  RETURN_IF_ERROR(
      decoder->reads_memory()
          ? CheckViews(experiment,
                       absl::StrCat(kDecoderKind, vit::DecoderKind(spec)), 2)
          : CheckViews(experiment, "mae", 1));
  RETURN_IF_ERROR(CheckAlienPatches(experiment));
  RETURN_IF_ERROR(CheckTaught(experiment, *decoder));
  return base::Within(
      "mae", MakeMaeComponents(experiment.mae(), experiment.encoder(), request,
                               experiment.seed())
                 .status());
}

absl::Status CheckClassification(const Experiment& experiment,
                                 const ContextRequest& request) {
  if (experiment.eval().measured_on() == eval::EvalSpec::VALIDATION) {
    return absl::InvalidArgumentError(
        "eval.measured_on: VALIDATION measures on training images, whose "
        "labels "
        "classification learns; use TEST");
  }
  RETURN_IF_ERROR(CheckNoTeacher("classification", request));
  RETURN_IF_ERROR(CheckViews(experiment, "classification", 1));
  return base::Within(
      "classification",
      ValidateClassification(experiment.classification(),
                             vit::ResolveModel(experiment.encoder())));
}

absl::StatusOr<std::shared_ptr<Method>> MakeValid(
    const Experiment& experiment, ContextRequest request,
    const data::Dataset* dataset) {
  const vit::EncoderSpec encoder = vit::ResolveModel(experiment.encoder());
  const uint64_t seed = experiment.seed();
  switch (experiment.method_case()) {
    case Experiment::kSimclr:
      return std::make_shared<SimClrMethod>(experiment.simclr(), encoder,
                                            std::move(request), seed);
    case Experiment::kVicreg:
      return std::make_shared<VicRegMethod>(experiment.vicreg(), encoder,
                                            std::move(request), seed);
    case Experiment::kClassification: {
      ASSIGN_OR_RETURN(const int64_t classes, ClassCount(experiment, dataset));
      return base::Within("classification",
                          Classification::Create(
                              experiment.classification(), encoder,
                              {classes, experiment.data().loader().repeats()},
                              std::move(request), seed));
    }
    case Experiment::kCustom: {
      Experiment resolved = experiment;
      *resolved.mutable_encoder() = encoder;
      return base::Within("custom", CustomMethod::Create(experiment.custom(),
                                                         resolved, request));
    }
    case Experiment::kMae:
    case Experiment::METHOD_NOT_SET:  // refused above
      break;
  }
  ASSIGN_OR_RETURN(
      MaeComponents components,
      base::Within(
          "mae", MakeMaeComponents(experiment.mae(), encoder, request, seed)));
  return base::Within("mae",
                      BuildMaskedAutoencoder(std::move(components), encoder,
                                             std::move(request), seed));
}

ModelSizes::TeacherInput InputOf(const TeacherSpec& spec) {
  switch (spec.input()) {
    case TeacherSpec::WHOLE:
      return ModelSizes::TeacherInput::kWhole;
    case TeacherSpec::MASKED:
      return ModelSizes::TeacherInput::kMasked;
    case TeacherSpec::VISIBLE:
      break;
  }
  return ModelSizes::TeacherInput::kVisible;
}

// Adds the sizes of a masked autoencoder's components beside its encoder.
absl::Status AddMaeSizes(const MaeSpec& spec, ModelSizes& sizes) {
  ASSIGN_OR_RETURN(sizes.teacher, MaeTeacher(spec, sizes.encoder));
  sizes.teacher_input = InputOf(spec.teacher());
  sizes.teacher_is_ema = spec.teacher().has_ema();
  ASSIGN_OR_RETURN(const auto masking,
                   base::Within("masking", MakeMaskSampler(spec.masking())));
  sizes.num_masks = masking->num_masks();
  ASSIGN_OR_RETURN(const auto target,
                   MaeTarget(spec, sizes.encoder, sizes.teacher));
  sizes.target_dim = target->dim();
  sizes.target_is_ids = target->gives_ids();
  ASSIGN_OR_RETURN(const auto decoder,
                   base::Within("decoder", vit::PlanDecoder(spec.decoder())));
  sizes.decoder_has_latents = decoder->gives_latents();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ModelSizes> SizesOf(const Experiment& experiment) {
  RETURN_IF_ERROR(base::Within("encoder", vit::Validate(experiment.encoder())));
  const vit::EncoderSpec encoder = vit::ResolveModel(experiment.encoder());
  if (!encoder.class_token()) {
    return absl::InvalidArgumentError(
        "encoder.class_token: false, but the learning methods need a CLS "
        "token; leave it true");
  }
  ModelSizes sizes;
  sizes.encoder = encoder;
  sizes.images = experiment.train().batch_size() /
                 std::max(1, experiment.train().accumulate_steps());
  if (!experiment.has_mae()) return sizes;
  RETURN_IF_ERROR(base::Within("mae", AddMaeSizes(experiment.mae(), sizes)));
  return sizes;
}

absl::Status ValidateMethod(const Experiment& experiment,
                            const ContextRequest& request) {
  RETURN_IF_ERROR(SizesOf(experiment));
  switch (experiment.method_case()) {
    case Experiment::kMae:
      return CheckMae(experiment, request);
    case Experiment::kSimclr:
      return CheckSimClr(experiment, request);
    case Experiment::kVicreg:
      return CheckVicReg(experiment, request);
    case Experiment::kClassification:
      return CheckClassification(experiment, request);
    case Experiment::kCustom:
      return base::Within("custom", CustomMethod::Check(experiment.custom()));
    case Experiment::METHOD_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError(
      "mae: no method is named; write mae {}, simclr {}, vicreg {}, "
      "classification {} or custom {}");
}

absl::StatusOr<std::shared_ptr<Method>> MakeMethod(
    const Experiment& experiment, ContextRequest request,
    const data::Dataset* dataset) {
  RETURN_IF_ERROR(ValidateMethod(experiment, request));
  ASSIGN_OR_RETURN(auto method,
                   MakeValid(experiment, std::move(request), dataset));
  method->set_embedding_feature(experiment.eval().feature());
  return method;
}

}  // namespace caldera::ssl
