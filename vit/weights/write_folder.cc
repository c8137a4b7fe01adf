#include "vit/weights/write_folder.h"

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/replace_file.h"
#include "base/status.h"
#include "vit/weights/checkpoint_layout.h"
#include "vit/weights/safetensors.h"

namespace caldera::vit {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// That of this project's encoders, of MAE and of timm.
constexpr double kNormEps = 1e-6;

absl::Status Write(const std::string& folder, const json& config,
                   StateDict tensors) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat(folder, ": the folder cannot be made: ", error.message()));
  }
  const std::string path = fs::path(folder) / "model.safetensors";
  RETURN_IF_ERROR(
      WriteSafetensors(path, {std::move(tensors), {{"format", "pt"}}}));
  return base::ReplaceFile(fs::path(folder) / "config.json",
                           {config.dump(2) + "\n"});
}

// Returns the encoder's own tensors.
absl::StatusOr<StateDict> EncoderOnly(const EncoderSpec& spec,
                                      const StateDict& tensors) {
  StateDict out;
  for (const auto& [name, unused] : EncoderShapes(spec)) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the encoder lacks the tensor \"", name, "\""));
    }
    out.insert(*found);
  }
  return out;
}

absl::Status CheckPlain(const EncoderSpec& spec, absl::string_view library) {
  const auto refused = [&](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--format: the class of ", library, " has no model ", what));
  };
  if (!spec.class_token()) return refused("without a CLS token");
  if (!spec.final_norm()) return refused("without the final norm");
  if (spec.position_embedding() == EncoderSpec::NONE) {
    return refused("without a position embedding");
  }
  if (spec.has_custom() ||
      spec.block() != EncoderSpec::default_instance().block()) {
    return refused("of other blocks than the transformer's");
  }
  return absl::OkStatus();
}

struct Row {
  absl::string_view timms, theirs;
};
constexpr Row kBlock[] = {{"norm1.", "layernorm_before."},
                          {"norm2.", "layernorm_after."},
                          {"attn.proj.", "attention.output.dense."},
                          {"mlp.fc1.", "intermediate.dense."},
                          {"mlp.fc2.", "output.dense."}};
constexpr Row kRest[] = {
    {"cls_token", "embeddings.cls_token"},
    {"pos_embed", "embeddings.position_embeddings"},
    {"patch_embed.proj.", "embeddings.patch_embeddings.projection."},
    {"norm.", "layernorm."}};

// Adds one tensor under the names of Hugging Face, which divides attn.qkv into
// three. Returns false for a name that it lacks.
bool AddTheirs(absl::string_view name, const at::Tensor& tensor,
               StateDict* out) {
  for (const Row& row : kRest) {
    absl::string_view rest = name;
    if (!absl::ConsumePrefix(&rest, row.timms)) continue;
    (*out)[absl::StrCat(row.theirs, rest)] = tensor;
    return true;
  }
  absl::string_view rest = name;
  if (!absl::ConsumePrefix(&rest, "blocks.")) return false;
  const size_t dot = rest.find('.');
  const std::string block =
      absl::StrCat("encoder.layer.", rest.substr(0, dot), ".");
  rest.remove_prefix(dot + 1);
  if (absl::ConsumePrefix(&rest, "attn.qkv.")) {
    const int64_t d = tensor.size(0) / 3;
    int64_t part = 0;
    for (const char* projection : {"query.", "key.", "value."}) {
      (*out)[absl::StrCat(block, "attention.attention.", projection, rest)] =
          tensor.slice(0, part * d, (part + 1) * d);
      ++part;
    }
    return true;
  }
  for (const Row& row : kBlock) {
    absl::string_view tail = rest;
    if (!absl::ConsumePrefix(&tail, row.timms)) continue;
    (*out)[absl::StrCat(block, row.theirs, tail)] = tensor;
    return true;
  }
  return false;
}

}  // namespace

absl::Status WriteHuggingFace(const std::string& folder,
                              const EncoderSpec& spec,
                              const StateDict& tensors) {
  RETURN_IF_ERROR(CheckPlain(spec, "transformers"));
  ASSIGN_OR_RETURN(const StateDict own, EncoderOnly(spec, tensors));
  StateDict theirs;
  for (const auto& [name, tensor] : own) {
    if (AddTheirs(name, tensor, &theirs)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("--format: the class of transformers has no tensor for \"",
                     name, "\""));
  }
  const json config = {
      {"architectures", {"ViTModel"}},
      {"model_type", "vit"},
      {"image_size", spec.image_size()},
      {"patch_size", spec.patch_size()},
      {"num_channels", spec.channels()},
      {"hidden_size", spec.embed_dim()},
      {"num_hidden_layers", spec.depth()},
      {"num_attention_heads", spec.num_heads()},
      {"intermediate_size", own.at("blocks.0.mlp.fc1.weight").size(0)},
      {"hidden_act", "gelu"},
      {"layer_norm_eps", kNormEps},
      {"qkv_bias", spec.qkv_bias()},
      {"hidden_dropout_prob", 0.0},
      {"attention_probs_dropout_prob", 0.0}};
  return Write(folder, config, std::move(theirs));
}

absl::Status WriteTimm(const std::string& folder, const EncoderSpec& spec,
                       const StateDict& tensors) {
  RETURN_IF_ERROR(CheckPlain(spec, "timm"));
  ASSIGN_OR_RETURN(StateDict own, EncoderOnly(spec, tensors));
  // The arguments override the sizes of the architecture that is named.
  const json config = {
      {"architecture", "vit_base_patch16_224"},
      {"num_classes", 0},
      {"model_args",
       {{"img_size", spec.image_size()},
        {"patch_size", spec.patch_size()},
        {"in_chans", spec.channels()},
        {"embed_dim", spec.embed_dim()},
        {"depth", spec.depth()},
        {"num_heads", spec.num_heads()},
        {"mlp_ratio", spec.mlp_ratio()},
        {"qkv_bias", spec.qkv_bias()},
        {"num_classes", 0}}},
      {"pretrained_cfg",
       {{"input_size", {spec.channels(), spec.image_size(), spec.image_size()}},
        {"num_classes", 0},
        {"first_conv", "patch_embed.proj"},
        {"classifier", "head"}}}};
  return Write(folder, config, std::move(own));
}

}  // namespace caldera::vit
