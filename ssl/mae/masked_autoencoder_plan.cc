// Plans and builds the masked autoencoder that a spec describes: its components
// are made and fit together before any of them allocates a tensor.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "base/part.h"
#include "base/status.h"
#include "ssl/corruption/corruption.h"
#include "ssl/losses/reconstruction_loss.h"
#include "ssl/mae/check_mae_components.h"
#include "ssl/mae/corrupted_autoencoder.h"
#include "ssl/mae/siamese_autoencoder.h"
#include "ssl/masking/mask_sampler.h"
#include "ssl/methods/method_plan.h"
#include "ssl/schedule/schedule.h"
#include "ssl/schedule/schedule_range.h"
#include "ssl/scorers/patch_scorer.h"
#include "ssl/targets/target.h"
#include "ssl/teachers/teacher.h"
#include "vit/decoders/decoder_plan.h"
#include "vit/grid.h"
#include "vit/model/initialization.h"
#include "vit/parameter.h"
#include "vit/state_dict.h"
#include "vit/weights/checkpoint_layout.h"

namespace caldera::ssl {
namespace {

// Checks every ratio of the training run by checking the extreme values of the
// schedule.
absl::Status CheckRatio(const MaeSpec& spec, const MaskSampler& masking,
                        const vit::Grid& grid) {
  if (!spec.has_mask_ratio_schedule()) {
    return base::About("mask_ratio", masking.Check(grid, spec.mask_ratio()));
  }
  const Schedule& schedule = spec.mask_ratio_schedule();
  RETURN_IF_ERROR(base::Within("mask_ratio_schedule", Validate(schedule)));
  for (const auto& [field, ratio] : ExtremeValues(schedule)) {
    RETURN_IF_ERROR(base::About(absl::StrCat("mask_ratio_schedule.", field),
                                masking.Check(grid, ratio)));
  }
  if (masking.takes_any_ratio()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("mask_ratio_schedule: masking.", NameOf(spec.masking()),
                   " has one ratio; set mask_ratio"));
}

absl::StatusOr<std::unique_ptr<PatchScorer>> MakeScorer(
    const MaeSpec& spec, const vit::EncoderSpec& encoder,
    const TeacherPlan* teacher) {
  ScorerOptions options;
  options.teacher_reads_full_image =
      spec.has_teacher() && spec.teacher().input() == TeacherSpec::WHOLE;
  if (teacher != nullptr) options.teacher_momentum = teacher->momentum();
  options.decoder = spec.decoder();
  options.sizes = {encoder.embed_dim(), vit::GridOf(encoder), /*target_dim=*/1,
                   encoder.class_token()};
  options.teacher_has_class_token =
      teacher != nullptr && teacher->encoder().class_token();
  return PatchScorerPart::Create(spec.scorer(), options);
}

// Returns the components, without encoder, decoder and teacher; none has
// allocated anything.
absl::StatusOr<MaeComponents> MakeComponents(const MaeSpec& spec,
                                             const vit::EncoderSpec& encoder) {
  const vit::Grid grid = vit::GridOf(encoder);
  MaeComponents made;
  made.spec = spec;
  std::optional<vit::EncoderSpec> teacher;
  if (spec.has_teacher()) {
    ASSIGN_OR_RETURN(
        made.teacher_plan,
        base::Within("teacher", TeacherPart::Create(spec.teacher(), encoder)));
    teacher = made.teacher_plan->encoder();
  }
  ASSIGN_OR_RETURN(
      made.masking,
      base::Within("masking", MaskSamplerPart::Create(spec.masking())));
  ASSIGN_OR_RETURN(
      made.target,
      base::Within("target", TargetPart::Create(
                                 spec.target(),
                                 {encoder, teacher,
                                  spec.teacher().input() == TeacherSpec::WHOLE,
                                  spec.norm_pix_loss()})));
  ASSIGN_OR_RETURN(made.decoder_plan,
                   base::Within("decoder", vit::PlanDecoder(spec.decoder())));
  if (spec.has_corruption()) {
    ASSIGN_OR_RETURN(
        made.corruption,
        base::Within("corruption",
                     CorruptionPart::Create(spec.corruption(), encoder)));
  } else {
    RETURN_IF_ERROR(CheckRatio(spec, *made.masking, grid));
  }
  ASSIGN_OR_RETURN(made.loss,
                   base::Within("loss", ReconstructionLossPart::Create(
                                            spec.loss(), encoder)));
  made.decoder_sizes = {encoder.embed_dim(),
                        grid,
                        made.target->dim(),
                        encoder.class_token(),
                        /*every_patch=*/spec.has_corruption() ||
                            spec.encoder_input() == MaeSpec::CONTEXT,
                        /*memory=*/made.decoder_plan->reads_memory()
                            ? (encoder.class_token() ? 1 : 0) + grid.size()
                            : 0};
  if (spec.has_scorer() && made.masking->reads_scores()) {
    ASSIGN_OR_RETURN(
        made.scorer,
        base::Within("scorer",
                     MakeScorer(spec, encoder, made.teacher_plan.get())));
  }
  return made;
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

void AddSizes(const MaeComponents& components, ModelSizes& sizes) {
  if (components.teacher_plan != nullptr) {
    sizes.teacher = components.teacher_plan->encoder();
    sizes.teacher_is_ema = components.teacher_plan->is_average();
  }
  sizes.teacher_input = InputOf(components.spec.teacher());
  sizes.num_masks = components.masking->num_masks();
  sizes.target_dim = components.target->dim();
  sizes.target_is_ids = components.target->gives_ids();
  sizes.decoder_has_latents = components.decoder_plan->gives_latents();
}

// Returns true if the term is part of the gradient throughout.
bool Teaches(const AuxiliaryLossSpec& term) {
  if (term.observe_only()) return false;
  const auto weights = ExtremeValues(term.weight());  // none: 1
  return std::none_of(weights.begin(), weights.end(),
                      [](const auto& weight) { return weight.second == 0; });
}

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
      "mae.decoder.kind: ", vit::DecoderKind(decoder.spec()),
      " predicts nothing, and no term of auxiliary has a weight throughout; "
      "write auxiliary { layer_alignment {} }"));
}

// Checks that neighbours in the batch are two images.
absl::Status CheckAlienPatches(const Experiment& experiment) {
  const CorruptionSpec& corruption = experiment.mae().corruption();
  const PatchGroupsSpec::Fill fill = corruption.patch_groups().fill();
  if (base::PartName(corruption) != "patch_groups" ||
      (fill != PatchGroupsSpec::ALIEN && fill != PatchGroupsSpec::MIX)) {
    return absl::OkStatus();
  }
  const std::string takes = absl::StrCat(
      "mae.corruption.patch_groups.fill: ", PatchGroupsSpec::Fill_Name(fill),
      " takes ");
  const int repeats = experiment.data().loader().repeats();
  if (repeats > 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        takes,
        "patches from the neighbour in the batch, which data.loader.repeats: ",
        repeats, " makes a copy of the same image; use NOISE or ZERO"));
  }
  const int parts = experiment.train().accumulate_steps();
  if (experiment.train().batch_size() >= 2 * parts) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      takes, "patches from another image of the batch, but train.batch_size: ",
      experiment.train().batch_size(), " in ", parts,
      " train.accumulate_steps leaves microbatches of one image; use NOISE or "
      "ZERO"));
}

absl::Status Check(const MaeComponents& components,
                   const Experiment& experiment,
                   const ContextRequest& request) {
  const vit::DecoderPlan& decoder = *components.decoder_plan;
  RETURN_IF_ERROR(
      decoder.reads_memory()
          ? CheckViews(experiment,
                       absl::StrCat("mae.decoder.kind: ",
                                    vit::DecoderKind(decoder.spec())),
                       2)
          : CheckViews(experiment, "mae", 1));
  RETURN_IF_ERROR(CheckAlienPatches(experiment));
  RETURN_IF_ERROR(CheckTaught(experiment, decoder));
  return base::Within(
      "mae", CheckMaeComponents(components, experiment.encoder(), request));
}

// Returns the teacher with what target, scorer and terms read of it.
absl::StatusOr<MaskedTeacher> BuildTeacher(const MaeComponents& components,
                                           const ContextRequest& request) {
  ASSIGN_OR_RETURN(auto teacher,
                   components.teacher_plan->Build(*components.encoder));
  TeacherRequest reads;
  reads.taps = request.teacher_taps;
  reads.taps.merge(components.target->teacher_taps());
  reads.with_attention =
      components.scorer != nullptr && components.scorer->reads_attention();
  return MaskedTeacher(std::move(teacher), components.spec.teacher().input(),
                       reads);
}

// Builds the components and the method, initialised from the experiment's seed
// as the official code does.
absl::StatusOr<std::shared_ptr<Method>> Build(MaeComponents components,
                                              const Experiment& experiment,
                                              const ContextRequest& request) {
  const uint64_t seed = experiment.seed();
  components.encoder = std::make_shared<vit::Encoder>(experiment.encoder());
  vit::InitializeVit(*components.encoder, seed);
  if (components.decoder_plan->predicts()) {
    components.decoder =
        components.decoder_plan->Build(components.decoder_sizes);
    vit::InitializeVit(*components.decoder, seed);
  }
  components.target->Build(seed);
  if (components.scorer != nullptr) components.scorer->Build(seed);
  if (components.teacher_plan != nullptr) {
    ASSIGN_OR_RETURN(
        components.teacher,
        base::Within(
            "mae", base::Within("teacher", BuildTeacher(components, request))));
    components.teacher_plan.reset();  // closes the file
  }
  if (components.corruption != nullptr) {
    return CorruptedAutoencoder(std::move(components), request, seed);
  }
  if (components.decoder_sizes.memory > 0) {
    return SiameseAutoencoder(std::move(components), request, seed);
  }
  return std::make_shared<MaskedAutoencoder>(std::move(components), request,
                                             seed);
}

vit::TensorShapes DecoderShapes(const MaeComponents& components) {
  const vit::ShapesOnly scope;
  vit::TensorShapes shapes;
  const auto decoder = components.decoder_plan->Build(components.decoder_sizes);
  for (const auto& [name, tensor] : vit::GetStateDict(*decoder)) {
    shapes[name] = tensor.sizes().vec();
  }
  return shapes;
}

const bool kMae = MethodPart::Register<MaeSpec>(
    {"mae",
     "The masked autoencoder (He et al., 2022) and the methods that are built "
     "of its parts."},
    [](const MaeSpec& spec,
       const Experiment& experiment) -> MethodPart::Result {
      ASSIGN_OR_RETURN(MaeComponents made,
                       MakeComponents(spec, experiment.encoder()));
      const auto components = std::make_shared<MaeComponents>(std::move(made));
      auto plan = std::make_unique<MethodPlan>();
      plan->add_sizes = [components](ModelSizes& sizes) {
        AddSizes(*components, sizes);
      };
      plan->check = [components, &experiment](const ContextRequest& request) {
        return Check(*components, experiment, request);
      };
      if (components->decoder_plan->predicts()) {
        plan->decoder_shapes = [components] {
          return DecoderShapes(*components);
        };
      }
      plan->build = [components, &experiment](const ContextRequest& request,
                                              const data::Dataset*) {
        return Build(std::move(*components), experiment, request);
      };
      return plan;
    });

}  // namespace
}  // namespace caldera::ssl
