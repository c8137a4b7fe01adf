#include "ssl/methods/masked_autoencoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <glog/logging.h>

#include <utility>
#include <vector>

#include "data/copy_to_device.h"
#include "data/field_path.h"
#include "ssl/methods/check_mae_input.h"
#include "ssl/methods/drop_path_noise.h"
#include "ssl/schedule/schedule.h"
#include "ssl/teachers/make_teacher.h"
#include "vit/cost.h"
#include "vit/initialization.h"
#include "vit/make_decoder.h"

namespace caldera::ssl {
namespace {

// Of the removed patches: [B*K, N, ...] -> [B*K, Nm, ...].
at::Tensor Removed(const at::Tensor& patches, const Mask& mask) {
  return patches.dim() == 2 ? patches.gather(1, mask.ids_remove)
                            : vit::GatherPatches(patches, mask.ids_remove);
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
      every_patch_(SeesEveryPatch(spec)),
      two_views_(ReadsTwoViews(spec)),
      mask_ratio_(spec.mask_ratio()),
      teacher_taps_(this->request().teacher_taps) {
  const std::set<int64_t> own = parts_.target->teacher_taps();
  teacher_taps_.insert(own.begin(), own.end());
  encoder_ =
      register_module("encoder", std::make_shared<vit::Encoder>(encoder));
  decoder_ = register_module(
      "decoder", vit::MakeDecoder(spec.decoder(), SizesOfDecoder()));
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

TeacherOutput MaskedAutoencoder::AskTeacher(const MaeInput& input) {
  if (teacher_ == nullptr) return {};
  return spec_.teacher().input() == TeacherSpec::WHOLE
             ? teacher_->Look(input.images, {}, teacher_taps_)
             : teacher_->Look(Fold(input.images, input.num_masks()),
                              input.mask.ids_keep, teacher_taps_);
}

std::vector<at::Tensor> MaskedAutoencoder::Draw(
    const DeviceBatch& batch, const data::Streams& streams) const {
  const at::Device device = batch.views[0].device();
  std::vector<at::Tensor> draws;
  if (parts_.corruption != nullptr) {
    for (const at::Tensor& draw :
         parts_.corruption->Draw(streams, batch.index)) {
      draws.push_back(data::CopyToDevice(draw, device));
    }
  } else {
    const Mask mask = DrawMask(batch, streams);
    draws = {mask.ids_keep, mask.ids_remove, mask.ids_restore, mask.mask};
  }
  const at::Tensor drop_path =
      DropPathNoise(*encoder_, streams, batch.index, "drop path");
  if (drop_path.defined()) {
    draws.push_back(data::CopyToDevice(
        Fold(drop_path, parts_.masking->num_masks()), device));
  }
  return draws;
}

int64_t MaskedAutoencoder::rows_together() const {
  return parts_.corruption == nullptr ? 1 : parts_.corruption->rows_together();
}

DeviceBatch MaskedAutoencoder::Prepare(const DeviceBatch& batch,
                                       const data::Streams& streams) const {
  if (parts_.corruption == nullptr) return batch;
  DeviceBatch prepared = batch;
  if (prepared.draws.empty()) prepared.draws = Draw(batch, streams);
  prepared.corrupted = parts_.corruption->Apply(batch.views[0], prepared.draws);
  return prepared;
}

MaeInput MaskedAutoencoder::InputOf(const DeviceBatch& batch) const {
  const std::vector<at::Tensor>& draws = batch.draws;
  MaeInput input;
  input.images = input.seen = batch.views.back();
  if (two_views_) input.memory = batch.views.front();
  if (batch.corrupted.images.defined()) {
    input.seen = batch.corrupted.images;
    input.mask.mask = batch.corrupted.patches;
    input.frequencies = batch.corrupted.frequencies;
  } else {
    CHECK(parts_.corruption == nullptr) << "Prepare spoils the images";
    input.mask = {draws[0], draws[1], draws[2], draws[3]};
  }
  if (encoder_->is_training() && encoder_->spec().drop_path() > 0) {
    input.drop_path = draws.back();
  }
  return input;
}

StepOutput MaskedAutoencoder::Forward(const DeviceBatch& batch,
                                      const data::Streams& streams) {
  if (!batch.draws.empty()) return ForwardInput(InputOf(batch));
  DeviceBatch drawn = batch;
  drawn.draws = Draw(batch, streams);
  return ForwardInput(InputOf(drawn));
}

StepOutput MaskedAutoencoder::ForwardWithMask(const at::Tensor& images,
                                              const Mask& mask,
                                              const at::Tensor& drop_path) {
  return ForwardInput({images, images, mask, {}, {}, drop_path});
}

vit::EncoderOutput MaskedAutoencoder::Encode(
    const MaeInput& input, const std::vector<int64_t>& taps) const {
  vit::EncoderRequest wanted;
  if (spec_.encoder_input() == MaeSpec::CONTEXT) {
    wanted.ids_context = input.mask.ids_keep;
  } else if (!every_patch_) {
    wanted.ids_keep = input.mask.ids_keep;
  }
  wanted.taps = taps;
  wanted.drop_path_uniforms = input.drop_path;
  return encoder_->forward(Fold(input.seen, input.num_masks()),
                           wanted);  // [B*K, 1 + Nv or N, D]
}

vit::EncoderOutput MaskedAutoencoder::EncodeMemory(
    const MaeInput& input, const std::vector<int64_t>& taps) const {
  if (!input.memory.defined()) return {};
  vit::EncoderRequest wanted;
  wanted.taps = taps;
  wanted.drop_path_uniforms = FirstMasks(input).drop_path;
  return encoder_->forward(input.memory, wanted);  // [B, 1 + N, D]
}

ReconstructionLossOutput MaskedAutoencoder::Compare(
    const at::Tensor& prediction, const TargetOutput& target,
    const MaeInput& input, int64_t num_masks) const {
  const ReconstructionLossSpec::Reduction reduction = spec_.loss().reduction();
  if (parts_.loss->reads_images()) {
    return parts_.loss->Compute(prediction, target.values,
                                reduction == ReconstructionLossSpec::ALL
                                    ? at::Tensor()
                                    : input.frequencies);
  }
  const Mask& mask = input.mask;
  at::Tensor values = Fold(target.values, num_masks);  // [B*K, N, T]
  at::Tensor weight;                                   // [B*K, N]
  if (target.weight.defined()) weight = Fold(target.weight, num_masks);
  if (decoder_->predicts_masked_only()) {
    values = Removed(values, mask);  // [B*K, Nm, T]
    if (weight.defined()) weight = Removed(weight, mask);
  } else {
    const at::Tensor counted = CountedPatches(reduction, mask);
    if (!weight.defined()) {
      weight = counted;
    } else if (counted.defined()) {
      weight = weight * counted;
    }
  }
  return parts_.loss->Compute(prediction, values, weight);
}

StepOutput MaskedAutoencoder::ForwardInput(const MaeInput& input) {
  const Mask& mask = input.mask;
  const int64_t k = input.num_masks();
  const std::vector<int64_t> taps = BlocksToTap(request());
  const vit::EncoderOutput memory = EncodeMemory(input, taps);
  const vit::EncoderOutput encoded =
      Encode(input, two_views_ ? std::vector<int64_t>() : taps);
  const TeacherOutput seen = AskTeacher(input);

  const at::Tensor prediction =  // [B*K, N or Nm, T]
      decoder_->forward(encoded.tokens, mask.ids_restore,
                        two_views_ ? Fold(memory.tokens, k) : at::Tensor());
  const ReconstructionLossOutput loss = Compare(
      prediction, parts_.target->Compute(input.images, &seen), input, k);

  StepOutput out;
  out.terms = {{"reconstruction", loss.value, 1.0}};
  // Behind the first mask of each image; of two views the first, whole.
  const vit::EncoderOutput& first = two_views_ ? memory : encoded;
  const int64_t step = two_views_ ? 1 : k;
  out.embedding =
      Embedding(first.tokens.slice(0, 0, first.tokens.size(0), step));
  out.context.latent = first.tokens;
  out.context.prediction = prediction;
  out.context.patch_loss = loss.per_patch;
  out.context.mask = mask;
  for (size_t i = 0; i < taps.size(); ++i) {
    FillTap(request(), taps[i], first.taps[i], out.context);
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
  DeviceBatch drawn = Prepare(batch, streams);
  if (drawn.draws.empty()) drawn.draws = Draw(batch, streams);
  const MaeInput input = FirstMasks(InputOf(drawn));
  const at::Tensor& images = input.images;
  const Mask& mask = input.mask;
  const vit::Grid grid = GridOf(encoder_->spec());
  const at::Tensor removed_patches =  // [B, N]
      mask.mask.defined()
          ? mask.mask
          : at::zeros({images.size(0), grid.size()}, images.options());
  const at::Tensor latent = Encode(input, {}).tokens;
  const at::Tensor memory = EncodeMemory(input, {}).tokens;
  at::Tensor prediction = decoder_->PredictEveryPatch(latent, mask.ids_restore,
                                                      memory);  // [B, N, T]
  const bool whole = prediction.defined();
  if (!whole) {
    const at::Tensor removed =
        decoder_->forward(latent, mask.ids_restore, memory);  // [B, Nm, T]
    prediction =
        removed.new_zeros({removed.size(0), mask.mask.size(1), removed.size(2)})
            .scatter(1, mask.ids_remove.unsqueeze(-1).expand_as(removed),
                     removed);
  }
  const auto predicted = parts_.target->ToImages(prediction, images);
  if (!predicted.has_value()) return std::nullopt;
  if (whole) return Reconstruction{*predicted, removed_patches};
  const int64_t patch = encoder_->spec().patch_size();
  const at::Tensor removed =  // [B, 1, H, W]
      mask.mask.view({-1, 1, grid.height, grid.width})
          .repeat_interleave(patch, 2)
          .repeat_interleave(patch, 3);
  return Reconstruction{at::where(removed > 0, *predicted, images),
                        removed_patches};
}

int64_t MaskedAutoencoder::NumEncoded() const {
  const int64_t patches = encoder_->num_patches();
  return every_patch_ ? patches : NumKept(patches, mask_ratio_);
}

vit::DecoderSizes MaskedAutoencoder::SizesOfDecoder() const {
  const vit::EncoderSpec& encoder = encoder_->spec();
  return {encoder.embed_dim(),
          GridOf(encoder),
          parts_.target->dim(),
          /*class_token=*/true,
          every_patch_,
          two_views_ ? 1 + encoder_->num_patches() : 0};
}

ContextSizes MaskedAutoencoder::SizesFor(int64_t batch) const {
  if (two_views_) {
    return {batch, 1 + encoder_->num_patches(), encoder_->spec().embed_dim()};
  }
  return {batch * parts_.masking->num_masks(), 1 + NumEncoded(),
          encoder_->spec().embed_dim()};
}

std::vector<PartCost> MaskedAutoencoder::Costs(int64_t batch) const {
  const vit::EncoderSpec& encoder = encoder_->spec();
  const vit::Grid grid = GridOf(encoder);
  const int64_t encoded = NumEncoded(),
                rows = batch * parts_.masking->num_masks();
  const vit::DecoderSizes sizes = SizesOfDecoder();
  vit::Cost decoder = vit::DecoderCost(spec_.decoder(), sizes, encoded);
  std::optional<int64_t> context;
  if (spec_.encoder_input() == MaeSpec::CONTEXT) {
    context = NumKept(grid.size(), mask_ratio_);
  }
  // The difference to the target.
  decoder.activations +=
      (decoder_->predicts_masked_only() ? grid.size() - encoded : grid.size()) *
      sizes.target_dim;
  vit::Cost encoding = vit::EncoderCost(encoder, encoded, context) * rows;
  if (two_views_) encoding += vit::EncoderCost(encoder, grid.size()) * batch;
  std::vector<PartCost> costs = {{"encoder", encoding},
                                 {"decoder", decoder * rows}};
  const vit::Cost target = parts_.target->CostOf(batch, grid.size());
  if (target.flop() > 0) costs.push_back({"target", target});
  if (teacher_ != nullptr) {
    const vit::Cost seen =
        spec_.teacher().input() == TeacherSpec::WHOLE
            ? vit::EncoderCost(teacher_->encoder_spec(), grid.size()) * batch
            : vit::EncoderCost(teacher_->encoder_spec(), encoded) * rows;
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
