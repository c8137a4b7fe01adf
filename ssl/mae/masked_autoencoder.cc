#include "ssl/mae/masked_autoencoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <glog/logging.h>

#include <string>
#include <utility>
#include <vector>

#include "base/field_path.h"
#include "data/augment/copy_to_device.h"
#include "ssl/mae/check_mae_input.h"
#include "ssl/methods/drop_path_noise.h"
#include "ssl/schedule/schedule.h"
#include "ssl/teachers/make_teacher.h"
#include "vit/decoders/make_decoder.h"
#include "vit/grid.h"
#include "vit/model/cost.h"
#include "vit/model/initialization.h"
#include "vit/ops/gather_rows.h"

namespace caldera::ssl {
namespace {

// Of the removed patches: [B*K, N, ...] -> [B*K, Nm, ...].
at::Tensor Removed(const at::Tensor& patches, const Mask& mask) {
  return patches.dim() == 2 ? patches.gather(1, mask.ids_remove)
                            : vit::GatherRows(patches, mask.ids_remove);
}

}  // namespace

absl::StatusOr<std::shared_ptr<MaskedAutoencoder>> MaskedAutoencoder::Create(
    const MaeSpec& spec, const vit::EncoderSpec& encoder,
    ContextRequest request, uint64_t seed) {
  absl::StatusOr<MaeParts> parts = MakeMaeParts(spec, encoder, request, seed);
  if (!parts.ok()) return parts.status();
  std::shared_ptr<MaskedAutoencoder> mae(new MaskedAutoencoder(
      spec, encoder, *std::move(parts), std::move(request), seed));
  if (spec.has_teacher()) {
    auto teacher = MakeTeacher(spec.teacher(), *mae->encoder_);
    if (!teacher.ok()) return teacher.status();
    mae->teacher_ = {mae->register_module("teacher", *std::move(teacher)),
                     spec.teacher().input(), mae->TeacherReads()};
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
      mask_ratio_(spec.mask_ratio()) {
  encoder_ =
      register_module("encoder", std::make_shared<vit::Encoder>(encoder));
  vit::InitializeVit(*encoder_, seed);
  if (spec.decoder().kind() != vit::DecoderSpec::NONE) {
    decoder_ = register_module(
        "decoder", vit::MakeDecoder(spec.decoder(), SizesOfDecoder()));
    vit::InitializeVit(*decoder_, seed);
  }
  if (const auto module = parts_.target->module()) {
    register_module("target", module);
  }
  if (parts_.scorer != nullptr && parts_.scorer->module() != nullptr) {
    register_module("scorer", parts_.scorer->module());
  }
}

MaskRequest MaskedAutoencoder::MasksFor(const DeviceBatch& batch,
                                        const base::Streams& streams) const {
  return {vit::GridOf(encoder_->spec()), mask_ratio_, streams, batch.index, {}};
}

TeacherRequest MaskedAutoencoder::TeacherReads() const {
  TeacherRequest reads;
  reads.taps = request().teacher_taps;
  reads.taps.merge(parts_.target->teacher_taps());
  reads.with_attention =
      parts_.scorer != nullptr && parts_.scorer->reads_attention();
  return reads;
}

std::vector<at::Tensor> MaskedAutoencoder::Draw(
    const DeviceBatch& batch, const base::Streams& streams) const {
  std::vector<at::Tensor> draws =
      parts_.corruption == nullptr
          ? parts_.masking->Draw(MasksFor(batch, streams))
          : parts_.corruption->Draw(streams, batch.index);
  const at::Tensor drop_path =
      DropPathNoise(*encoder_, streams, batch.index, "drop path");
  if (drop_path.defined()) {
    draws.push_back(Fold(drop_path, parts_.masking->num_masks()));
  }
  for (at::Tensor& draw : draws) {
    draw = data::CopyToDevice(draw, batch.views[0].device());
  }
  return draws;
}

int64_t MaskedAutoencoder::rows_together() const {
  return parts_.corruption == nullptr ? 1 : parts_.corruption->rows_together();
}

DeviceBatch MaskedAutoencoder::Prepare(const DeviceBatch& batch,
                                       const base::Streams& streams) const {
  if (parts_.corruption == nullptr) return batch;
  DeviceBatch prepared = batch;
  if (prepared.draws.empty()) prepared.draws = Draw(batch, streams);
  prepared.corrupted = parts_.corruption->Apply(batch.views[0], prepared.draws);
  return prepared;
}

Mask MaskedAutoencoder::FinishMask(const std::vector<at::Tensor>& draws,
                                   const TeacherOutput& whole) const {
  return parts_.masking->Finish(
      draws,
      parts_.scorer == nullptr ? at::Tensor() : parts_.scorer->Score(whole),
      NumVisible());
}

MaeInput MaskedAutoencoder::InputOf(const DeviceBatch& batch,
                                    const TeacherOutput& whole) const {
  MaeInput input;
  input.images = input.seen = batch.views.back();
  if (two_views_) input.memory = batch.views.front();
  if (batch.corrupted.images.defined()) {
    input.seen = batch.corrupted.images;
    input.mask.mask = batch.corrupted.patches;
    input.frequencies = batch.corrupted.frequencies;
  } else {
    CHECK(parts_.corruption == nullptr) << "Prepare spoils the images";
    input.mask = FinishMask(batch.draws, whole);
  }
  if (encoder_->is_training() && encoder_->spec().drop_path() > 0) {
    input.drop_path = batch.draws.back();
  }
  return input;
}

StepOutput MaskedAutoencoder::Forward(const DeviceBatch& batch,
                                      const base::Streams& streams) {
  DeviceBatch drawn = batch;
  if (drawn.draws.empty()) drawn.draws = Draw(batch, streams);
  const TeacherOutput whole = teacher_.LookAtWhole(batch.views.back());
  return ForwardInput(InputOf(drawn, whole), whole);
}

StepOutput MaskedAutoencoder::ForwardWithMask(const at::Tensor& images,
                                              const Mask& mask,
                                              const at::Tensor& drop_path) {
  return ForwardInput({images, images, mask, {}, {}, drop_path},
                      teacher_.LookAtWhole(images));
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
    const MaeInput& input) const {
  const int64_t num_masks = input.num_masks();
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

StepOutput MaskedAutoencoder::ForwardInput(const MaeInput& input,
                                           const TeacherOutput& whole) {
  const int64_t k = input.num_masks();
  const std::vector<int64_t> taps = BlocksToTap(request());
  const vit::EncoderOutput memory = EncodeMemory(input, taps);
  const vit::EncoderOutput encoded =
      Encode(input, two_views_ ? std::vector<int64_t>() : taps);
  const TeacherOutput seen = teacher_.Look(whole, input.images, k, input.mask);

  StepOutput out;
  // Behind the first mask of each image; of two views the first, whole.
  const vit::EncoderOutput& first = two_views_ ? memory : encoded;
  const int64_t step = two_views_ ? 1 : k;
  out.embedding =
      Embedding(first.tokens.slice(0, 0, first.tokens.size(0), step));
  out.context.latent = first.tokens;
  out.context.mask = input.mask;
  for (size_t i = 0; i < taps.size(); ++i) {
    FillTap(request(), taps[i], first.taps[i], out.context);
  }
  teacher_.Fill(seen, request(), k, out.context);
  Predict(input, encoded.tokens,
          two_views_ ? Fold(memory.tokens, k) : at::Tensor(), seen, out);
  return out;
}

void MaskedAutoencoder::Predict(const MaeInput& input, const at::Tensor& latent,
                                const at::Tensor& memory,
                                const TeacherOutput& seen,
                                StepOutput& out) const {
  if (decoder_ == nullptr && !request().target) return;
  const int64_t k = input.num_masks();
  StepContext& context = out.context;
  const TargetOutput target = parts_.target->Compute(input.images, &seen);
  if (request().target) context.target = Fold(target.values, k);
  if (decoder_ == nullptr) return;
  const vit::Decoded decoded =
      decoder_->Decode(latent, input.mask.ids_restore, memory);
  const ReconstructionLossOutput loss =
      Compare(decoded.prediction, target, input);
  out.terms = {{"reconstruction", loss.value, 1.0}};
  context.prediction = decoded.prediction;  // [B*K, N or Nm, T]
  if (request().decoder_latents) context.decoder_latents = decoded.latents;
  context.patch_loss = loss.per_patch;
  if (parts_.scorer == nullptr) return;
  const auto term = parts_.scorer->Learn(
      latent, input.mask,
      decoder_->predicts_masked_only()
          ? loss.per_patch
          : Removed(loss.per_patch, input.mask));  // [B*K, Nm]
  if (term.has_value()) {
    out.terms.push_back({term->name, term->value, term->weight});
    if (request().patch_score) context.patch_score = term->scores.detach();
  }
}

absl::Status MaskedAutoencoder::Begin(
    const std::shared_ptr<const data::Dataset>& dataset) {
  return base::Within(
      "mae", base::Within("target", parts_.target->Learn(dataset, seed_)));
}

void MaskedAutoencoder::BeforeStep(const RunPosition& at) {
  parts_.masking->BeforeStep(at);
  if (spec_.has_mask_ratio_schedule()) {
    mask_ratio_ = ScheduleValue(spec_.mask_ratio_schedule(), at.step, at.run);
  }
}

void MaskedAutoencoder::AfterOptimizerStep(const RunPosition& at) {
  if (teacher_.get() != nullptr) {
    teacher_.get()->AfterOptimizerStep(at, *encoder_);
  }
  if (parts_.scorer != nullptr) parts_.scorer->AfterOptimizerStep(at);
}

std::optional<Reconstruction> MaskedAutoencoder::Reconstruct(
    const DeviceBatch& batch, const base::Streams& streams) {
  if (decoder_ == nullptr) return std::nullopt;
  DeviceBatch drawn = Prepare(batch, streams);
  if (drawn.draws.empty()) drawn.draws = Draw(batch, streams);
  const MaeInput input =
      FirstMasks(InputOf(drawn, teacher_.LookAtWhole(batch.views.back())));
  const at::Tensor& images = input.images;
  const Mask& mask = input.mask;
  const vit::Grid grid = vit::GridOf(encoder_->spec());
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

int64_t MaskedAutoencoder::NumVisible() const {
  return NumKept(encoder_->num_patches(), mask_ratio_);
}

int64_t MaskedAutoencoder::NumEncoded() const {
  return every_patch_ ? encoder_->num_patches() : NumVisible();
}

vit::DecoderSizes MaskedAutoencoder::SizesOfDecoder() const {
  const vit::EncoderSpec& encoder = encoder_->spec();
  return {encoder.embed_dim(),
          vit::GridOf(encoder),
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
  const int64_t patches = encoder_->num_patches(), encoded = NumEncoded();
  const int64_t masks = parts_.masking->num_masks(), rows = batch * masks;
  std::optional<int64_t> context;
  if (spec_.encoder_input() == MaeSpec::CONTEXT) context = NumVisible();
  vit::Cost encoding = vit::EncoderCost(encoder, encoded, context) * rows;
  if (two_views_) encoding += vit::EncoderCost(encoder, patches) * batch;
  std::vector<PartCost> costs = {{"encoder", encoding}};
  if (decoder_ != nullptr) {
    const vit::DecoderSizes sizes = SizesOfDecoder();
    vit::Cost decoder = vit::DecoderCost(spec_.decoder(), sizes, encoded);
    // The difference to the target.
    decoder.activations +=
        (decoder_->predicts_masked_only() ? patches - encoded : patches) *
        sizes.target_dim;
    costs.push_back({"decoder", decoder * rows});
  }
  const vit::Cost target = parts_.target->CostOf(batch, patches);
  if (target.flop() > 0) costs.push_back({"target", target});
  if (parts_.scorer != nullptr) {
    const vit::Cost scorer = parts_.scorer->CostOf(batch, encoded);
    if (scorer.flop() > 0) costs.push_back({"scorer", scorer});
  }
  if (teacher_.get() != nullptr) {
    costs.push_back(
        {"teacher", teacher_.CostOf(batch, masks, patches, encoded)});
  }
  return costs;
}

vit::StateDict MaskedAutoencoder::NamedState() const {
  vit::StateDict state = vit::GetStateDict(*encoder_);
  if (decoder_ != nullptr) state.merge(vit::GetStateDict(*decoder_));
  if (teacher_.get() != nullptr) state.merge(teacher_.get()->State());
  const auto add = [&](const std::string& part,
                       const std::shared_ptr<torch::nn::Module>& module) {
    if (module == nullptr) return;
    for (const auto& [name, tensor] : vit::GetStateDict(*module)) {
      state[part + name] = tensor;
    }
  };
  add("target.", parts_.target->module());
  if (parts_.scorer != nullptr) add("scorer.", parts_.scorer->module());
  return state;
}

}  // namespace caldera::ssl
