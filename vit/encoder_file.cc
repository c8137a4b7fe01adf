#include "vit/encoder_file.h"

#include <google/protobuf/text_format.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "vit/safetensors.h"
#include "vit/state_dict.h"
#include "vit/validate_vit_spec.h"

namespace caldera::vit {
namespace {

constexpr char kEncoderKey[] = "caldera.encoder";

// Every field that the weights depend on, so that the text keeps its meaning
// when a default changes.
EncoderSpec WithDefaults(const EncoderSpec& spec) {
  EncoderSpec full;
  full.set_image_size(spec.image_size());
  full.set_patch_size(spec.patch_size());
  full.set_channels(spec.channels());
  full.set_embed_dim(spec.embed_dim());
  full.set_depth(spec.depth());
  full.set_num_heads(spec.num_heads());
  full.set_mlp_ratio(spec.mlp_ratio());
  full.set_qkv_bias(spec.qkv_bias());
  full.set_class_token(spec.class_token());
  full.set_position_embedding(spec.position_embedding());
  full.set_final_norm(spec.final_norm());
  return full;
}

// Whether the tensors can be those of `spec`, before an encoder of its size is
// built: a small file with huge sizes must not ask for all memory.
absl::Status CheckSizes(const EncoderSpec& spec, const StateDict& tensors,
                        const std::string& path) {
  const int64_t hidden =
      static_cast<int64_t>(spec.embed_dim() * spec.mlp_ratio());
  const std::vector<std::pair<std::string, std::vector<int64_t>>> expected = {
      {"patch_embed.proj.weight",
       {spec.embed_dim(), spec.channels(), spec.patch_size(),
        spec.patch_size()}},
      {absl::StrCat("blocks.", spec.depth() - 1, ".mlp.fc1.weight"),
       {hidden, spec.embed_dim()}}};
  for (const auto& [name, shape] : expected) {
    const auto found = tensors.find(name);
    if (found != tensors.end() && found->second.sizes() == shape) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": tensor \"", name, "\" should have the shape [",
                     absl::StrJoin(shape, ", "), "] by the file's own sizes"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status SaveEncoder(const std::string& path, const Encoder& encoder,
                         std::map<std::string, std::string> metadata) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  printer.PrintToString(WithDefaults(encoder.spec()), &metadata[kEncoderKey]);
  metadata["format"] = "pt";
  return WriteSafetensors(path, {GetStateDict(encoder), std::move(metadata)});
}

absl::StatusOr<LoadedEncoder> LoadEncoder(const std::string& path) {
  absl::StatusOr<Safetensors> file = ReadSafetensors(path);
  if (!file.ok()) return file.status();
  const auto text = file->metadata.find(kEncoderKey);
  EncoderSpec spec;
  if (text == file->metadata.end() ||
      !google::protobuf::TextFormat::ParseFromString(text->second, &spec)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " does not say the encoder's sizes (metadata \"",
                     kEncoderKey, "\"); it was not written by a run"));
  }
  const absl::Status valid = Validate(spec);
  if (!valid.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": encoder.", valid.message()));
  }
  const absl::Status sizes = CheckSizes(spec, file->tensors, path);
  if (!sizes.ok()) return sizes;
  LoadedEncoder loaded{std::make_shared<Encoder>(spec),
                       std::move(file->metadata)};
  const absl::Status status =
      LoadStateDict(*loaded.encoder, file->tensors, path);
  if (!status.ok()) return status;
  loaded.encoder->eval();
  return loaded;
}

}  // namespace caldera::vit
