#include "ssl/methods/masked_autoencoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>

#include <utility>
#include <vector>

#include "data/copy_to_device.h"
#include "data/field_path.h"
#include "ssl/methods/drop_path_noise.h"
#include "ssl/schedule/schedule.h"
#include "ssl/teachers/make_teacher.h"
#include "vit/cost.h"
#include "vit/initialization.h"
#include "vit/make_decoder.h"

namespace caldera::ssl {
namespace {

// A row for each mask of an image: [B, ...] -> [B*K, ...].
at::Tensor Fold(const at::Tensor& rows, int64_t num_masks) {
  return num_masks == 1 ? rows : rows.repeat_interleave(num_masks, 0);
}

// Of the removed patches: [B*K, N, ...] -> [B*K, Nm, ...].
at::Tensor Removed(const at::Tensor& patches, const Mask& mask) {
  return patches.dim() == 2 ? patches.gather(1, mask.ids_remove)
                            : vit::GatherPatches(patches, mask.ids_remove);
}

// Which patches the loss counts, [B*K, N]; undefined: all alike.
at::Tensor CountedPatches(ReconstructionLossSpec::Reduction reduction,
                          const Mask& mask) {
  if (reduction == ReconstructionLossSpec::ALL) return {};
  return reduction == ReconstructionLossSpec::MASKED ? mask.mask
                                                     : 1 - mask.mask;
}

}  // namespace

absl::StatusOr<std::shared_ptr<MaskedAutoencoder>> MaskedAutoencoder::Create(
    const MaeSpec& spec, const vit::EncoderSpec& encoder,
    ContextRequest request, uint64_t seed) {
  absl::StatusOr<MaeParts> parts = MakeMaeParts(spec, encoder, request);
  if (!parts.ok()) return parts.status();
  std::shared_ptr<MaskedAutoencoder> mae(new MaskedAutoencoder(
      spec, encoder, *std::move(parts), std::move(request), seed));
  if (spec.has_teacher()) {
    auto teacher = MakeTeacher(spec.teacher(), *mae->encoder_);
    if (!teacher.ok()) return teacher.status();
    mae->teacher_ = mae->register_module("teacher", *std::move(teacher));
  }
  return mae;
}

MaskedAutoencoder::MaskedAutoencoder(const MaeSpec& spec,
                                     const vit::EncoderSpec& encoder,
                                     MaeParts parts, ContextRequest request,
                                     uint64_t seed)
    : Method(std::move(request)),
      spec_(spec),
      seed_(seed),
      parts_(std::move(parts)),
      mask_ratio_(spec.mask_ratio()),
      teacher_taps_(this->request().teacher_taps) {
  const std::set<int64_t> own = parts_.target->teacher_taps();
  teacher_taps_.insert(own.begin(), own.end());
  encoder_ =
      register_module("encoder", std::make_shared<vit::Encoder>(encoder));
  decoder_ = register_module(
      "decoder",
      vit::MakeDecoder(spec.decoder(),
                       {encoder.embed_dim(), GridOf(encoder),
                        parts_.target->dim(), /*class_token=*/true}));
  vit::InitializeVit(*encoder_, seed);
  vit::InitializeVit(*decoder_, seed);
  if (const auto module = parts_.target->module()) {
    register_module("target", module);
  }
}

Mask MaskedAutoencoder::DrawMask(const DeviceBatch& batch,
                                 const data::Streams& streams) const {
  return parts_.masking
      ->Sample(
          {GridOf(encoder_->spec()), mask_ratio_, streams, batch.index, {}})
      .To(batch.views[0].device());
}

TeacherOutput MaskedAutoencoder::AskTeacher(const at::Tensor& images,
                                            const at::Tensor& folded,
                                            const Mask& mask) {
  if (teacher_ == nullptr) return {};
  return spec_.teacher().input() == TeacherSpec::WHOLE
             ? teacher_->Look(images, {}, teacher_taps_)
             : teacher_->Look(folded, mask.ids_keep, teacher_taps_);
}

std::vector<at::Tensor> MaskedAutoencoder::Draw(
    const DeviceBatch& batch, const data::Streams& streams) const {
  const Mask mask = DrawMask(batch, streams);
  std::vector<at::Tensor> draws = {mask.ids_keep, mask.ids_remove,
                                   mask.ids_restore, mask.mask};
  const at::Tensor drop_path =
      DropPathNoise(*encoder_, streams, batch.index, "drop path");
  if (drop_path.defined()) {
    draws.push_back(data::CopyToDevice(
        Fold(drop_path, mask.ids_keep.size(0) / batch.index.size(0)),
        batch.views[0].device()));
  }
  return draws;
}

StepOutput MaskedAutoencoder::Forward(const DeviceBatch& batch,
                                      const data::Streams& streams) {
  const std::vector<at::Tensor> draws =
      batch.draws.empty() ? Draw(batch, streams) : batch.draws;
  return ForwardWithMask(batch.views[0],
                         {draws[0], draws[1], draws[2], draws[3]},
                         draws.size() > 4 ? draws[4] : at::Tensor());
}

ReconstructionLossOutput MaskedAutoencoder::Compare(
    const at::Tensor& prediction, const TargetOutput& target, const Mask& mask,
    int64_t num_masks) const {
  at::Tensor values = Fold(target.values, num_masks);  // [B*K, N, T]
  at::Tensor weight;                                   // [B*K, N]
  if (target.weight.defined()) weight = Fold(target.weight, num_masks);
  if (decoder_->predicts_masked_only()) {
    values = Removed(values, mask);  // [B*K, Nm, T]
    if (weight.defined()) weight = Removed(weight, mask);
  } else {
    const at::Tensor counted = CountedPatches(spec_.loss().reduction(), mask);
    if (!weight.defined()) {
      weight = counted;
    } else if (counted.defined()) {
      weight = weight * counted;
    }
  }
  return parts_.loss->Compute(prediction, values, weight);
}

StepOutput MaskedAutoencoder::ForwardWithMask(const at::Tensor& images,
                                              const Mask& mask,
                                              const at::Tensor& drop_path) {
  const int64_t k = mask.ids_keep.size(0) / images.size(0);
  const at::Tensor folded = Fold(images, k);  // [B*K, C, H, W]
  const std::vector<int64_t> taps = BlocksToTap(request());
  vit::EncoderRequest wanted;
  wanted.ids_keep = mask.ids_keep;
  wanted.taps = taps;
  wanted.drop_path_uniforms = drop_path;
  const vit::EncoderOutput encoded =
      encoder_->forward(folded, wanted);  // [B*K, 1 + Nv, D]
  const TeacherOutput seen = AskTeacher(images, folded, mask);

  const at::Tensor prediction =
      decoder_->forward(encoded.tokens, mask.ids_restore);  // [B*K, N or Nm, T]
  const ReconstructionLossOutput loss =
      Compare(prediction, parts_.target->Compute(images, &seen), mask, k);

  StepOutput out;
  out.terms = {{"reconstruction", loss.value, 1.0}};
  // Behind the first mask of each image.
  out.embedding = Embedding(encoded.tokens.slice(0, 0, folded.size(0), k));
  out.context.latent = encoded.tokens;
  out.context.prediction = prediction;
  out.context.patch_loss = loss.per_patch;
  out.context.mask = mask;
  for (size_t i = 0; i < taps.size(); ++i) {
    FillTap(request(), taps[i], encoded.taps[i], out.context);
  }
  FillTeacher(seen, k, out.context);
  return out;
}

void MaskedAutoencoder::FillTeacher(const TeacherOutput& seen, int64_t k,
                                    StepContext& context) const {
  if (teacher_ == nullptr) return;
  // What it saw of the whole images stands for each of their masks.
  const int64_t copies = spec_.teacher().input() == TeacherSpec::WHOLE ? k : 1;
  if (request().teacher_tokens) {
    context.teacher_tokens = Fold(seen.tokens, copies);
  }
  for (const int64_t block : request().teacher_taps) {
    context.teacher_taps[block] = Fold(seen.taps.at(block), copies);
  }
}

absl::Status MaskedAutoencoder::Begin(
    const std::shared_ptr<const data::Dataset>& dataset) {
  return data::Within(
      "mae", data::Within("target", parts_.target->Learn(dataset, seed_)));
}

void MaskedAutoencoder::BeforeStep(const RunPosition& at) {
  if (spec_.has_mask_ratio_schedule()) {
    mask_ratio_ = ScheduleValue(spec_.mask_ratio_schedule(), at.step, at.run);
  }
}

void MaskedAutoencoder::AfterOptimizerStep(const RunPosition& at) {
  if (teacher_ != nullptr) teacher_->AfterOptimizerStep(at, *encoder_);
}

std::optional<Reconstruction> MaskedAutoencoder::Reconstruct(
    const DeviceBatch& batch, const data::Streams& streams) {
  const at::Tensor& images = batch.views[0];
  const Mask all = DrawMask(batch, streams);
  const int64_t rows = all.mask.size(0), k = rows / images.size(0);
  const auto first = [&](const at::Tensor& x) {
    return x.slice(0, 0, rows, k);
  };
  const Mask mask{first(all.ids_keep), first(all.ids_remove),
                  first(all.ids_restore), first(all.mask)};
  const at::Tensor latent = encoder_->forward(images, mask.ids_keep).tokens;
  at::Tensor prediction =
      decoder_->PredictEveryPatch(latent, mask.ids_restore,
                                  /*memory=*/{});  // [B, N, T]
  const bool every_patch = prediction.defined();
  if (!every_patch) {
    const at::Tensor removed =
        decoder_->forward(latent, mask.ids_restore);  // [B, Nm, T]
    prediction =
        removed.new_zeros({removed.size(0), mask.mask.size(1), removed.size(2)})
            .scatter(1, mask.ids_remove.unsqueeze(-1).expand_as(removed),
                     removed);
  }
  const auto predicted = parts_.target->ToImages(prediction, images);
  if (!predicted.has_value()) return std::nullopt;
  if (every_patch) return Reconstruction{*predicted, mask.mask};
  const vit::Grid grid = GridOf(encoder_->spec());
  const int64_t patch = encoder_->spec().patch_size();
  const at::Tensor removed =  // [B, 1, H, W]
      mask.mask.view({-1, 1, grid.height, grid.width})
          .repeat_interleave(patch, 2)
          .repeat_interleave(patch, 3);
  return Reconstruction{at::where(removed > 0, *predicted, images), mask.mask};
}

int64_t MaskedAutoencoder::NumVisible() const {
  return NumKept(GridOf(encoder_->spec()).size(), mask_ratio_);
}

ContextSizes MaskedAutoencoder::SizesFor(int64_t batch) const {
  return {batch * parts_.masking->num_masks(), 1 + NumVisible(),
          encoder_->spec().embed_dim()};
}

std::vector<PartCost> MaskedAutoencoder::Costs(int64_t batch) const {
  const vit::EncoderSpec& encoder = encoder_->spec();
  const vit::Grid grid = GridOf(encoder);
  const int64_t visible = NumVisible(), rows = SizesFor(batch).rows;
  const vit::DecoderSizes sizes = {encoder.embed_dim(), grid,
                                   parts_.target->dim(), /*class_token=*/true};
  vit::Cost decoder = vit::DecoderCost(spec_.decoder(), sizes, visible);
  // The difference to the target.
  decoder.activations +=
      (decoder_->predicts_masked_only() ? grid.size() - visible : grid.size()) *
      sizes.target_dim;
  std::vector<PartCost> costs = {
      {"encoder", vit::EncoderCost(encoder, visible) * rows},
      {"decoder", decoder * rows}};
  const vit::Cost target = parts_.target->CostOf(batch, grid.size());
  if (target.flop() > 0) costs.push_back({"target", target});
  if (teacher_ != nullptr) {
    const vit::Cost seen =
        spec_.teacher().input() == TeacherSpec::WHOLE
            ? vit::EncoderCost(teacher_->encoder_spec(), grid.size()) * batch
            : vit::EncoderCost(teacher_->encoder_spec(), visible) * rows;
    costs.push_back({"teacher", seen.WithoutGradient()});
  }
  return costs;
}

vit::StateDict MaskedAutoencoder::NamedState() const {
  vit::StateDict state = vit::GetStateDict(*encoder_);
  state.merge(vit::GetStateDict(*decoder_));
  if (teacher_ != nullptr) state.merge(teacher_->State());
  if (const auto module = parts_.target->module()) {
    for (const auto& [name, tensor] : vit::GetStateDict(*module)) {
      state["target." + name] = tensor;
    }
  }
  return state;
}

}  // namespace caldera::ssl
