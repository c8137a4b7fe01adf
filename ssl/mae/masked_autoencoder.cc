#include "ssl/mae/masked_autoencoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <glog/logging.h>

#include <string>
#include <utility>
#include <vector>

#include "base/field_path.h"
#include "base/status.h"
#include "data/augment/copy_to_device.h"
#include "ssl/mae/check_mae_input.h"
#include "ssl/methods/drop_path_noise.h"
#include "ssl/schedule/schedule.h"
#include "ssl/teachers/make_teacher.h"
#include "vit/grid.h"
#include "vit/model/cost.h"
#include "vit/model/initialization.h"
#include "vit/ops/gather_rows.h"

namespace caldera::ssl {
namespace {

// Selects the removed patches: [B*K, N, ...] -> [B*K, Nm, ...].
at::Tensor Removed(const at::Tensor& patches, const Mask& mask) {
  return patches.dim() == 2 ? patches.gather(1, mask.ids_remove)
                            : vit::GatherRows(patches, mask.ids_remove);
}

}  // namespace

absl::StatusOr<std::shared_ptr<MaskedAutoencoder>> MaskedAutoencoder::Create(
    const MaeSpec& spec, const vit::EncoderSpec& encoder,
    ContextRequest request, uint64_t seed) {
  ASSIGN_OR_RETURN(MaeComponents parts,
                   MakeMaeComponents(spec, encoder, request, seed));
  std::shared_ptr<MaskedAutoencoder> mae(new MaskedAutoencoder(
      spec, encoder, std::move(parts), std::move(request), seed));
  if (spec.has_teacher()) {
    ASSIGN_OR_RETURN(auto teacher, MakeTeacher(spec.teacher(), *mae->encoder_));
    mae->teacher_ = {mae->register_module("teacher", std::move(teacher)),
                     spec.teacher().input(), mae->TeacherReads()};
  }
  return mae;
}

MaskedAutoencoder::MaskedAutoencoder(const MaeSpec& spec,
                                     const vit::EncoderSpec& encoder,
                                     MaeComponents parts,
                                     ContextRequest request, uint64_t seed)
    : Method(std::move(request)),
      spec_(spec),
      seed_(seed),
      components_(std::move(parts)),
      every_patch_(SeesEveryPatch(spec)),
      two_views_(components_.decoder->reads_memory()),
      mask_ratio_(spec.mask_ratio()) {
  encoder_ =
      register_module("encoder", std::make_shared<vit::Encoder>(encoder));
  vit::InitializeVit(*encoder_, seed);
  if (components_.decoder->predicts()) {
    decoder_ = register_module("decoder",
                               components_.decoder->Build(SizesOfDecoder()));
    vit::InitializeVit(*decoder_, seed);
  }
  if (const auto module = components_.target->module()) {
    register_module("target", module);
  }
  if (components_.scorer != nullptr &&
      components_.scorer->module() != nullptr) {
    register_module("scorer", components_.scorer->module());
  }
}

MaskRequest MaskedAutoencoder::MasksFor(const DeviceBatch& batch,
                                        const base::Streams& streams) const {
  return {vit::GridOf(encoder_->spec()), mask_ratio_, streams, batch.index, {}};
}

TeacherRequest MaskedAutoencoder::TeacherReads() const {
  TeacherRequest reads;
  reads.taps = request().teacher_taps;
  reads.taps.merge(components_.target->teacher_taps());
  reads.with_attention =
      components_.scorer != nullptr && components_.scorer->reads_attention();
  return reads;
}

std::vector<at::Tensor> MaskedAutoencoder::Draw(
    const DeviceBatch& batch, const base::Streams& streams) const {
  std::vector<at::Tensor> draws =
      components_.corruption == nullptr
          ? components_.masking->Draw(MasksFor(batch, streams))
          : components_.corruption->Draw(streams, batch.index);
  const at::Tensor drop_path =
      DropPathNoise(*encoder_, streams, batch.index, "drop path");
  if (drop_path.defined()) {
    draws.push_back(RepeatPerMask(drop_path, components_.masking->num_masks()));
  }
  for (at::Tensor& draw : draws) {
    draw = data::CopyToDevice(draw, batch.views[0].device());
  }
  return draws;
}

int64_t MaskedAutoencoder::rows_together() const {
  return components_.corruption == nullptr
             ? 1
             : components_.corruption->rows_together();
}

DeviceBatch MaskedAutoencoder::Prepare(const DeviceBatch& batch,
                                       const base::Streams& streams) const {
  if (components_.corruption == nullptr) return batch;
  DeviceBatch prepared = batch;
  if (prepared.draws.empty()) prepared.draws = Draw(batch, streams);
  prepared.corrupted =
      components_.corruption->Apply(batch.views[0], prepared.draws);
  return prepared;
}

Mask MaskedAutoencoder::FinishMask(const std::vector<at::Tensor>& draws,
                                   const TeacherOutput& full_image) const {
  return components_.masking->Finish(
      draws,
      components_.scorer == nullptr ? at::Tensor()
                                    : components_.scorer->Score(full_image),
      NumVisible());
}

MaeInput MaskedAutoencoder::InputOf(const DeviceBatch& batch,
                                    const TeacherOutput& full_image) const {
  MaeInput input;
  input.images = input.encoder_images = batch.views.back();
  if (two_views_) input.memory = batch.views.front();
  if (batch.corrupted.images.defined()) {
    input.encoder_images = batch.corrupted.images;
    input.mask.mask = batch.corrupted.patches;
    input.frequencies = batch.corrupted.frequencies;
  } else {
    CHECK(components_.corruption == nullptr) << "Prepare corrupts the images";
    input.mask = FinishMask(batch.draws, full_image);
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
  const TeacherOutput full_image =
      teacher_.ForwardFullImage(batch.views.back());
  return ForwardInput(InputOf(drawn, full_image), full_image);
}

StepOutput MaskedAutoencoder::ForwardWithMask(const at::Tensor& images,
                                              const Mask& mask,
                                              const at::Tensor& drop_path) {
  return ForwardInput({images, images, mask, {}, {}, drop_path},
                      teacher_.ForwardFullImage(images));
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
  return encoder_->forward(
      RepeatPerMask(input.encoder_images, input.num_masks()),
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
    const vit::Decoded& decoded, const TargetOutput& target,
    const MaeInput& input) const {
  const int64_t num_masks = input.num_masks();
  const ReconstructionLossSpec::Reduction reduction = spec_.loss().reduction();
  if (components_.loss->reads_images()) {
    return components_.loss->Compute(decoded.prediction, target.values,
                                     reduction == ReconstructionLossSpec::ALL
                                         ? at::Tensor()
                                         : input.frequencies);
  }
  const Mask& mask = input.mask;
  at::Tensor values = RepeatPerMask(target.values, num_masks);  // [B*K, N, T]
  at::Tensor weight;                                            // [B*K, N]
  if (target.weight.defined()) weight = RepeatPerMask(target.weight, num_masks);
  if (decoded.removed_only) {
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
  return components_.loss->Compute(decoded.prediction, values, weight);
}

StepOutput MaskedAutoencoder::ForwardInput(const MaeInput& input,
                                           const TeacherOutput& full_image) {
  const int64_t k = input.num_masks();
  const std::vector<int64_t> taps = BlocksToTap(request());
  const vit::EncoderOutput memory = EncodeMemory(input, taps);
  const vit::EncoderOutput encoded =
      Encode(input, two_views_ ? std::vector<int64_t>() : taps);
  const TeacherOutput teacher_output =
      teacher_.Forward(full_image, input.images, k, input.mask);

  StepOutput out;
  // The embedding is that of each image's first mask; with two views, that of
  // the first view, of which all patches are encoded.
  const vit::EncoderOutput& first = two_views_ ? memory : encoded;
  const int64_t step = two_views_ ? 1 : k;
  out.embedding =
      Embedding(first.tokens.slice(0, 0, first.tokens.size(0), step));
  out.context.latent = first.tokens;
  out.context.mask = input.mask;
  for (size_t i = 0; i < taps.size(); ++i) {
    FillTap(request(), taps[i], first.taps[i], out.context);
  }
  teacher_.Fill(teacher_output, request(), k, out.context);
  Predict(input, encoded.tokens,
          two_views_ ? RepeatPerMask(memory.tokens, k) : at::Tensor(),
          teacher_output, out);
  return out;
}

void MaskedAutoencoder::Predict(const MaeInput& input, const at::Tensor& latent,
                                const at::Tensor& memory,
                                const TeacherOutput& teacher_output,
                                StepOutput& out) const {
  if (decoder_ == nullptr && !request().target) return;
  const int64_t k = input.num_masks();
  StepContext& context = out.context;
  const TargetOutput target =
      components_.target->Compute(input.images, &teacher_output);
  if (request().target) context.target = RepeatPerMask(target.values, k);
  if (decoder_ == nullptr) return;
  const vit::Decoded decoded =
      decoder_->Decode({latent, input.mask.ids_restore, memory});
  const ReconstructionLossOutput loss = Compare(decoded, target, input);
  out.terms = {{"reconstruction", loss.value, 1.0}};
  context.prediction = decoded.prediction;  // [B*K, N or Nm, T]
  if (request().decoder_latents) context.decoder_latents = decoded.latents;
  context.patch_loss = loss.per_patch;
  if (components_.scorer == nullptr) return;
  const auto term = components_.scorer->Learn(
      latent, input.mask,
      decoded.removed_only ? loss.per_patch
                           : Removed(loss.per_patch, input.mask));  // [B*K, Nm]
  if (term.has_value()) {
    out.terms.push_back({term->name, term->value, term->weight});
    if (request().patch_score) context.patch_score = term->scores.detach();
  }
}

absl::Status MaskedAutoencoder::Begin(
    const std::shared_ptr<const data::Dataset>& dataset) {
  return base::Within(
      "mae", base::Within("target", components_.target->Learn(dataset, seed_)));
}

void MaskedAutoencoder::BeforeStep(const RunPosition& at) {
  components_.masking->BeforeStep(at);
  if (spec_.has_mask_ratio_schedule()) {
    mask_ratio_ = ScheduleValue(spec_.mask_ratio_schedule(), at.step, at.run);
  }
}

void MaskedAutoencoder::AfterOptimizerStep(const RunPosition& at) {
  if (teacher_.get() != nullptr) {
    teacher_.get()->AfterOptimizerStep(at, *encoder_);
  }
  if (components_.scorer != nullptr) components_.scorer->AfterOptimizerStep(at);
}

std::optional<Reconstruction> MaskedAutoencoder::Reconstruct(
    const DeviceBatch& batch, const base::Streams& streams) {
  if (decoder_ == nullptr) return std::nullopt;
  DeviceBatch drawn = Prepare(batch, streams);
  if (drawn.draws.empty()) drawn.draws = Draw(batch, streams);
  const MaeInput input =
      FirstMasks(InputOf(drawn, teacher_.ForwardFullImage(batch.views.back())));
  const at::Tensor& images = input.images;
  const Mask& mask = input.mask;
  const vit::Grid grid = vit::GridOf(encoder_->spec());
  const at::Tensor removed_patches =  // [B, N]
      mask.mask.defined()
          ? mask.mask
          : at::zeros({images.size(0), grid.size()}, images.options());
  const at::Tensor latent = Encode(input, {}).tokens;
  const at::Tensor memory = EncodeMemory(input, {}).tokens;
  const vit::Decoded decoded = decoder_->Decode(
      {latent, mask.ids_restore, memory, /*every_patch=*/true});
  at::Tensor prediction = decoded.prediction;  // [B, N or Nm, T]
  if (decoded.removed_only) {
    const at::Tensor& removed = decoded.prediction;
    prediction =
        removed.new_zeros({removed.size(0), mask.mask.size(1), removed.size(2)})
            .scatter(1, mask.ids_remove.unsqueeze(-1).expand_as(removed),
                     removed);
  }
  const auto predicted = components_.target->ToImages(prediction, images);
  if (!predicted.has_value()) return std::nullopt;
  if (!decoded.removed_only) return Reconstruction{*predicted, removed_patches};
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
          components_.target->dim(),
          /*class_token=*/true,
          every_patch_,
          two_views_ ? 1 + encoder_->num_patches() : 0};
}

ContextSizes MaskedAutoencoder::SizesFor(int64_t batch) const {
  if (two_views_) {
    return {batch, 1 + encoder_->num_patches(), encoder_->spec().embed_dim()};
  }
  return {batch * components_.masking->num_masks(), 1 + NumEncoded(),
          encoder_->spec().embed_dim()};
}

std::vector<ComponentCost> MaskedAutoencoder::Costs(int64_t batch) const {
  const vit::EncoderSpec& encoder = encoder_->spec();
  const int64_t patches = encoder_->num_patches(), encoded = NumEncoded();
  const int64_t masks = components_.masking->num_masks(), rows = batch * masks;
  std::optional<int64_t> context;
  if (spec_.encoder_input() == MaeSpec::CONTEXT) context = NumVisible();
  vit::Cost encoding = vit::EncoderCost(encoder, encoded, context) * rows;
  if (two_views_) encoding += vit::EncoderCost(encoder, patches) * batch;
  std::vector<ComponentCost> costs = {{"encoder", encoding}};
  if (decoder_ != nullptr) {
    const vit::DecoderSizes sizes = SizesOfDecoder();
    vit::Cost decoder = components_.decoder->CostOf(sizes, encoded);
    // The difference between prediction and target is kept.
    decoder.activations += (components_.decoder->removed_only() && !every_patch_
                                ? patches - encoded
                                : patches) *
                           sizes.target_dim;
    costs.push_back({"decoder", decoder * rows});
  }
  const vit::Cost target = components_.target->CostOf(batch, patches);
  if (target.flop() > 0) costs.push_back({"target", target});
  if (components_.scorer != nullptr) {
    const vit::Cost scorer = components_.scorer->CostOf(batch, encoded);
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
  add("target.", components_.target->module());
  if (components_.scorer != nullptr)
    add("scorer.", components_.scorer->module());
  return state;
}

}  // namespace caldera::ssl
