#include "ssl/objective/make_method.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "data/augment/views.h"
#include "ssl/mae/check_mae_input.h"
#include "ssl/mae/mae_components.h"
#include "ssl/mae/masked_autoencoder.h"
#include "ssl/masking/make_mask_sampler.h"
#include "ssl/methods/class_count.h"
#include "ssl/methods/classification.h"
#include "ssl/methods/custom_method.h"
#include "ssl/methods/simclr.h"
#include "ssl/methods/vicreg.h"
#include "ssl/schedule/schedule_range.h"
#include "vit/validate_vit_spec.h"
#include "vit/zoo.h"

namespace caldera::ssl {
namespace {

absl::Status AtLeast(absl::string_view field, double value, double least) {
  if (value >= least && std::isfinite(value)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, ": ", value, " is not at least ", least));
}

absl::Status FirstError(std::initializer_list<absl::Status> statuses) {
  for (const absl::Status& status : statuses) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

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
  return FirstError({AtLeast("hidden_dim", spec.hidden_dim(), 1),
                     spec.has_output_dim()
                         ? AtLeast("output_dim", spec.output_dim(), 1)
                         : absl::OkStatus()});
}

absl::Status CheckNoTeacher(absl::string_view method,
                            const ContextRequest& request) {
  if (!request.reads_teacher()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "auxiliary: a term reads a teacher, which ", method, " does not have"));
}

// What SimCLR and VICReg need alike; BatchNorm and pairs need two images.
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
    return absl::InvalidArgumentError(
        absl::StrCat("train.accumulate_steps: ", train.accumulate_steps(),
                     ", but ", method, " compares the images of a part; use ",
                     train.batch_size() / 2, " or less, for parts of 2"));
  }
  return FirstError(
      {CheckNoTeacher(method, request), CheckViews(experiment, method, 2),
       base::Within(method,
                    base::Within("projector", CheckProjector(projector)))});
}

absl::Status CheckSimClr(const Experiment& experiment,
                         const ContextRequest& request) {
  const double t = experiment.simclr().temperature();
  if (!(t >= 1e-3 && t <= 1e3)) {
    return absl::InvalidArgumentError(
        absl::StrCat("simclr.temperature: ", t, " is not in [1e-3, 1e3]"));
  }
  return CheckTwoViews(experiment, "simclr", experiment.simclr().projector(),
                       request);
}

absl::Status CheckVicReg(const Experiment& experiment,
                         const ContextRequest& request) {
  const VicRegSpec& spec = experiment.vicreg();
  return FirstError(
      {AtLeast("vicreg.invariance_weight", spec.invariance_weight(), 0),
       AtLeast("vicreg.variance_weight", spec.variance_weight(), 0),
       AtLeast("vicreg.covariance_weight", spec.covariance_weight(), 0),
       CheckTwoViews(experiment, "vicreg", spec.projector(), request)});
}

// Whether the term is part of the gradient throughout.
bool Teaches(const AuxiliaryLossSpec& term) {
  if (term.observe_only()) return false;
  const auto weights = ExtremeValues(term.weight());  // none: 1
  return std::none_of(weights.begin(), weights.end(),
                      [](const auto& weight) { return weight.second == 0; });
}

// A method that predicts nothing has no loss of its own.
absl::Status CheckTaught(const Experiment& experiment) {
  if (experiment.mae().decoder().kind() != vit::DecoderSpec::NONE ||
      std::any_of(experiment.auxiliary().begin(), experiment.auxiliary().end(),
                  Teaches)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      "mae.decoder.kind: NONE predicts nothing, and no term of auxiliary has a "
      "weight throughout; write auxiliary { layer_alignment {} }");
}

// Neighbours in the batch are two images.
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
      " train.accumulate_steps leaves an image alone; use NOISE or ZERO"));
}

absl::Status CheckMae(const Experiment& experiment,
                      const ContextRequest& request) {
  return FirstError(
      {ReadsTwoViews(experiment.mae())
           ? CheckViews(experiment, "mae.decoder.kind: SELF_CROSS_ATTENTION", 2)
           : CheckViews(experiment, "mae", 1),
       CheckAlienPatches(experiment), CheckTaught(experiment),
       base::Within("mae",
                    MakeMaeComponents(experiment.mae(), experiment.encoder(),
                                      request, experiment.seed())
                        .status())});
}

absl::Status CheckClassification(const Experiment& experiment,
                                 const ContextRequest& request) {
  if (experiment.eval().measured_on() == eval::EvalSpec::VALIDATION) {
    return absl::InvalidArgumentError(
        "eval.measured_on: VALIDATION are training images, whose labels "
        "classification learns; use TEST");
  }
  return FirstError(
      {CheckNoTeacher("classification", request),
       CheckViews(experiment, "classification", 1),
       base::Within(
           "classification",
           ValidateClassification(experiment.classification(),
                                  vit::ResolveModel(experiment.encoder())))});
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
      const absl::StatusOr<int64_t> classes = ClassCount(experiment, dataset);
      if (!classes.ok()) return classes.status();
      return base::Within("classification",
                          Classification::Create(
                              experiment.classification(), encoder,
                              {*classes, experiment.data().loader().repeats()},
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
  return base::Within("mae",
                      MaskedAutoencoder::Create(experiment.mae(), encoder,
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

// What the masked autoencoder has beside its encoder.
absl::Status AddMaeSizes(const MaeSpec& spec, ModelSizes& sizes) {
  auto teacher = MaeTeacher(spec, sizes.encoder);
  if (!teacher.ok()) return teacher.status();
  sizes.teacher = *std::move(teacher);
  sizes.teacher_input = InputOf(spec.teacher());
  sizes.teacher_is_ema = spec.teacher().has_ema();
  const auto masking = MakeMaskSampler(spec.masking());
  if (!masking.ok()) return base::Within("masking", masking.status());
  sizes.num_masks = (*masking)->num_masks();
  const auto target = MaeTarget(spec, sizes.encoder, sizes.teacher);
  if (!target.ok()) return target.status();
  sizes.target_dim = (*target)->dim();
  sizes.target_is_ids = (*target)->gives_ids();
  sizes.decoder_has_latents =
      spec.decoder().kind() == vit::DecoderSpec::REGRESSOR;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ModelSizes> SizesOf(const Experiment& experiment) {
  const absl::Status valid =
      base::Within("encoder", vit::Validate(experiment.encoder()));
  if (!valid.ok()) return valid;
  const vit::EncoderSpec encoder = vit::ResolveModel(experiment.encoder());
  if (!encoder.class_token()) {
    return absl::InvalidArgumentError(
        "encoder.class_token: false, but the learning methods have a CLS "
        "token; leave it true");
  }
  ModelSizes sizes;
  sizes.encoder = encoder;
  sizes.images = experiment.train().batch_size() /
                 std::max(1, experiment.train().accumulate_steps());
  if (!experiment.has_mae()) return sizes;
  const absl::Status mae = AddMaeSizes(experiment.mae(), sizes);
  if (!mae.ok()) return base::Within("mae", mae);
  return sizes;
}

absl::Status ValidateMethod(const Experiment& experiment,
                            const ContextRequest& request) {
  const absl::StatusOr<ModelSizes> sizes = SizesOf(experiment);
  if (!sizes.ok()) return sizes.status();
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
  const absl::Status valid = ValidateMethod(experiment, request);
  if (!valid.ok()) return valid;
  auto method = MakeValid(experiment, std::move(request), dataset);
  if (method.ok()) {
    (*method)->set_embedding_feature(experiment.eval().feature());
  }
  return method;
}

}  // namespace caldera::ssl
