#include "ssl/mae/masked_autoencoder.h"

#include <ATen/TensorOperators.h>

#include <utility>

#include "base/field_path.h"
#include "base/status.h"
#include "ssl/mae/mask_rows.h"
#include "ssl/mae/picture.h"
#include "ssl/methods/drop_path_noise.h"
#include "ssl/schedule/schedule.h"
#include "ssl/teachers/teacher.h"
#include "vit/grid.h"
#include "vit/state_dict.h"

namespace caldera::ssl {

MaskedAutoencoder::MaskedAutoencoder(MaeComponents components,
                                     ContextRequest request, uint64_t seed)
    : Method(std::move(request)),
      components_(std::move(components)),
      seed_(seed),
      mask_ratio_(components_.spec.mask_ratio()) {
  const auto add = [this](const char* name,
                          std::shared_ptr<torch::nn::Module> module) {
    if (module != nullptr) register_module(name, std::move(module));
  };
  add("encoder", components_.encoder);
  add("decoder", components_.decoder);
  add("target", components_.target->module());
  if (components_.scorer != nullptr)
    add("scorer", components_.scorer->module());
  add("teacher", components_.teacher.module());
}

Draws MaskedAutoencoder::Draw(const DeviceBatch& batch,
                              const base::Streams& streams) const {
  const vit::Encoder& encoder = *components_.encoder;
  Draws draws;
  draws.mask = components_.masking->Draw(
      {vit::GridOf(encoder.spec()), mask_ratio_, streams, batch.index, {}});
  draws.drop_path =
      RepeatPerMask(DropPathNoise(encoder, streams, batch.index, "drop path"),
                    components_.masking->num_masks());
  return draws;
}

absl::Status MaskedAutoencoder::Start(const vit::StartWeights& start) {
  RETURN_IF_ERROR(Method::Start(start));
  if (!start.decoder.empty()) {
    RETURN_IF_ERROR(vit::LoadStateDict(*components_.decoder, start.decoder,
                                       start.report.decoder_file));
  }
  if (Teacher* teacher = components_.teacher.get()) {
    teacher->Restart(*components_.encoder);
  }
  return absl::OkStatus();
}

StepOutput MaskedAutoencoder::Forward(const DeviceBatch& batch,
                                      const base::Streams& /*streams*/) {
  const at::Tensor& images = batch.views.back();  // [B, C, H, W]
  const TeacherOutput full_image = components_.teacher.ForwardFullImage(images);
  const Mask mask = MaskOf(batch, full_image);
  const std::vector<int64_t> taps = BlocksToTap(request());
  const Encoded encoded = Encode(batch, mask, taps);
  const int64_t k = encoded.latent.size(0) / images.size(0);  // masks an image
  const TeacherOutput teacher =
      components_.teacher.Forward(full_image, images, k, mask);

  StepOutput out;
  StepContext& context = out.context;
  const vit::EncoderOutput& read = encoded.for_terms;
  out.embedding = Embedding(FirstOfEach(read.tokens, images.size(0)));
  context.latent = read.tokens;
  context.prefix = components_.encoder->num_prefix_tokens();
  context.mask = mask;
  for (size_t i = 0; i < taps.size(); ++i) {
    FillTap(request(), taps[i], read.taps[i], context);
  }
  components_.teacher.Fill(teacher, request(), k, context);
  const bool predicts = components_.decoder != nullptr;
  if (!predicts && !request().target) return out;

  const TargetOutput target =
      components_.target->Compute(images, &teacher);  // [B, N, T]
  if (request().target) context.target = RepeatPerMask(target.values, k);
  if (!predicts) return out;
  const vit::Decoded decoded = components_.decoder->Decode(
      {encoded.latent, mask.ids_restore, encoded.memory});  // [B*K, N or Nm, T]
  const ReconstructionLossOutput loss = Compare(decoded, target, batch, mask);
  out.terms = {{"reconstruction", loss.value, 1.0}};
  context.prediction = decoded.prediction;
  context.patch_loss = loss.per_patch;
  if (request().decoder_latents) context.decoder_latents = decoded.latents;
  if (components_.scorer != nullptr) {
    TeachScorer(
        encoded.latent, mask,
        decoded.removed_only ? loss.per_patch : Removed(loss.per_patch, mask),
        out);
  }
  return out;
}

Mask MaskedAutoencoder::MaskOf(const DeviceBatch& batch,
                               const TeacherOutput& full_image) const {
  const PatchScorer* scorer = components_.scorer.get();
  return components_.masking->Finish(
      batch.draws.value().mask,
      scorer == nullptr ? at::Tensor() : scorer->Score(full_image),
      NumVisible());
}

MaskedAutoencoder::Encoded MaskedAutoencoder::Encode(
    const DeviceBatch& batch, const Mask& mask,
    const std::vector<int64_t>& taps) const {
  const at::Tensor& images = batch.views.back();
  const int64_t k = mask.ids_keep.size(0) / images.size(0);
  const bool reads_all = components_.spec.encoder_input() == MaeSpec::CONTEXT;
  vit::EncoderRequest wanted;
  (reads_all ? wanted.ids_context : wanted.ids_keep) = mask.ids_keep;
  wanted.taps = taps;
  wanted.drop_path_uniforms = batch.draws.value().drop_path;
  const vit::EncoderOutput output =  // [B*K, P + Nv or N, D]
      components_.encoder->forward(RepeatPerMask(images, k), wanted);
  return {output.tokens, {}, output};
}

at::Tensor MaskedAutoencoder::Counted(const DeviceBatch& /*batch*/,
                                      const Mask& mask) const {
  switch (components_.spec.loss().reduction()) {
    case ReconstructionLossSpec::MASKED:
      return mask.mask;
    case ReconstructionLossSpec::VISIBLE:
      return 1 - mask.mask;
    case ReconstructionLossSpec::ALL:
      break;
  }
  return {};
}

ReconstructionLossOutput MaskedAutoencoder::Compare(const vit::Decoded& decoded,
                                                    const TargetOutput& target,
                                                    const DeviceBatch& batch,
                                                    const Mask& mask) const {
  const int64_t k = decoded.prediction.size(0) / target.values.size(0);
  at::Tensor values = RepeatPerMask(target.values, k);  // [B*K, N, T]
  at::Tensor weight = RepeatPerMask(target.weight, k);  // [B*K, N]
  if (decoded.removed_only) {
    values = Removed(values, mask);  // [B*K, Nm, T]
    weight = Removed(weight, mask);
  } else if (const at::Tensor counted = Counted(batch, mask);
             counted.defined()) {
    weight = weight.defined() ? weight * counted : counted;
  }
  return components_.loss->Compute(decoded.prediction, values, weight);
}

void MaskedAutoencoder::TeachScorer(const at::Tensor& latent, const Mask& mask,
                                    const at::Tensor& patch_loss,
                                    StepOutput& out) const {
  const auto term = components_.scorer->Learn(latent, mask, patch_loss);
  if (!term.has_value()) return;
  out.terms.push_back({term->name, term->value, term->weight});
  if (request().patch_score) out.context.patch_score = term->scores.detach();
}

absl::Status MaskedAutoencoder::Begin(
    const std::shared_ptr<const data::Dataset>& dataset) {
  return base::Within(
      "mae", base::Within("target", components_.target->Learn(dataset, seed_)));
}

void MaskedAutoencoder::BeforeStep(const RunPosition& at) {
  components_.masking->BeforeStep(at);
  const MaeSpec& spec = components_.spec;
  if (!spec.has_mask_ratio_schedule()) return;
  mask_ratio_ = ScheduleValue(spec.mask_ratio_schedule(), at.step, at.run);
}

void MaskedAutoencoder::AfterOptimizerStep(const RunPosition& at) {
  Teacher* teacher = components_.teacher.get();
  if (teacher != nullptr) teacher->AfterOptimizerStep(at, encoder());
  if (components_.scorer != nullptr) components_.scorer->AfterOptimizerStep(at);
}

std::optional<Reconstruction> MaskedAutoencoder::Reconstruct(
    const DeviceBatch& batch, const base::Streams& streams) {
  if (components_.decoder == nullptr) return std::nullopt;
  DeviceBatch drawn = Drawn(Prepare(batch, streams), streams);
  const at::Tensor& images = batch.views.back();
  Mask mask = MaskOf(drawn, components_.teacher.ForwardFullImage(images));
  std::vector<at::Tensor*> rows = RowTensors(mask);
  rows.push_back(&drawn.draws->drop_path);
  for (at::Tensor* row : rows) *row = FirstOfEach(*row, images.size(0));
  const Encoded encoded = Encode(drawn, mask, {});
  return MakePicture(*components_.decoder, *components_.target,
                     vit::GridOf(encoder().spec()), images, mask,
                     encoded.latent, encoded.memory);
}

int64_t MaskedAutoencoder::NumVisible() const {
  return NumKept(components_.encoder->num_patches(), mask_ratio_);
}

}  // namespace caldera::ssl
