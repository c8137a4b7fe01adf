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

// Returns those of `tensors` that `shapes` names.
absl::StatusOr<StateDict> Named(const TensorShapes& shapes,
                                const StateDict& tensors) {
  StateDict out;
  for (const auto& [name, unused] : shapes) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the model lacks the tensor \"", name, "\""));
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
  // The options of published models, of which these classes know none.
  if (spec.layer_scale() > 0) return refused("with LayerScale");
  if (spec.register_tokens() > 0) return refused("with register tokens");
  if (spec.qk_norm()) return refused("with normalised queries and keys");
  if (!spec.proj_bias() || !spec.patch_bias()) return refused("without biases");
  if (spec.pre_norm()) return refused("with a norm before its blocks");
  if (spec.activation() != EncoderSpec::GELU) {
    return refused("of another activation than GELU");
  }
  if (spec.position_embedding() == EncoderSpec::ROPE) {
    return refused("with rotary positions");
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

constexpr Row kDecoder[] = {{"mask_token", "decoder.mask_token"},
                            {"decoder_pos_embed", "decoder.decoder_pos_embed"},
                            {"decoder_embed.", "decoder.decoder_embed."},
                            {"decoder_norm.", "decoder.decoder_norm."},
                            {"decoder_pred.", "decoder.decoder_pred."}};

// Adds one tensor of a block, `name` within it, under Hugging Face's names,
// which begin with `block`. The class divides attn.qkv into three.
bool AddOfBlock(const std::string& block, absl::string_view name,
                const at::Tensor& tensor, StateDict* out) {
  if (absl::ConsumePrefix(&name, "attn.qkv.")) {
    const int64_t d = tensor.size(0) / 3;
    int64_t part = 0;
    for (const char* projection : {"query.", "key.", "value."}) {
      (*out)[absl::StrCat(block, "attention.attention.", projection, name)] =
          tensor.slice(0, part * d, (part + 1) * d);
      ++part;
    }
    return true;
  }
  for (const Row& row : kBlock) {
    absl::string_view tail = name;
    if (!absl::ConsumePrefix(&tail, row.timms)) continue;
    (*out)[absl::StrCat(block, row.theirs, tail)] = tensor;
    return true;
  }
  return false;
}

// Adds one tensor of encoder or decoder. `encoder`: what stands before the
// encoder's names. Returns false for a name that Hugging Face lacks.
bool AddTheirs(absl::string_view name, const at::Tensor& tensor,
               const std::string& encoder, StateDict* out) {
  for (const auto& [timms, theirs] :
       {std::pair(absl::string_view("decoder_blocks."),
                  std::string("decoder.decoder_layers.")),
        std::pair(absl::string_view("blocks."), encoder + "encoder.layer.")}) {
    absl::string_view rest = name;
    if (!absl::ConsumePrefix(&rest, timms)) continue;
    const size_t dot = rest.find('.');
    return AddOfBlock(absl::StrCat(theirs, rest.substr(0, dot), "."),
                      rest.substr(dot + 1), tensor, out);
  }
  const auto add = [&](const Row& row, const std::string& before) {
    absl::string_view rest = name;
    if (!absl::ConsumePrefix(&rest, row.timms)) return false;
    (*out)[absl::StrCat(before, row.theirs, rest)] = tensor;
    return true;
  };
  for (const Row& row : kDecoder) {
    if (add(row, "")) return true;
  }
  for (const Row& row : kRest) {
    if (add(row, encoder)) return true;
  }
  return false;
}

// Returns all of `tensors` under Hugging Face's names.
absl::StatusOr<StateDict> Theirs(const StateDict& tensors,
                                 const std::string& encoder) {
  StateDict theirs;
  for (const auto& [name, tensor] : tensors) {
    if (AddTheirs(name, tensor, encoder, &theirs)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("--format: the class of transformers has no tensor for \"",
                     name, "\""));
  }
  return theirs;
}

json EncoderConfig(const EncoderSpec& spec, const StateDict& own) {
  return {{"image_size", spec.image_size()},
          {"patch_size", spec.patch_size()},
          {"num_channels", spec.channels()},
          {"hidden_size", spec.embed_dim()},
          {"num_hidden_layers", spec.depth()},
          {"num_attention_heads", spec.num_heads()},
          {"intermediate_size", own.at("blocks.0.mlp.fc1.weight").size(0)},
          {"hidden_act", "gelu"},
          {"layer_norm_eps", spec.norm_eps()},
          {"qkv_bias", spec.qkv_bias()},
          {"hidden_dropout_prob", 0.0},
          {"attention_probs_dropout_prob", 0.0}};
}

}  // namespace

absl::Status WriteHuggingFace(const std::string& folder,
                              const EncoderSpec& spec,
                              const StateDict& tensors) {
  RETURN_IF_ERROR(CheckPlain(spec, "transformers"));
  ASSIGN_OR_RETURN(const StateDict own, Named(EncoderShapes(spec), tensors));
  ASSIGN_OR_RETURN(StateDict theirs, Theirs(own, /*encoder=*/""));
  json config = EncoderConfig(spec, own);
  config["architectures"] = {"ViTModel"};
  config["model_type"] = "vit";
  return Write(folder, config, std::move(theirs));
}

absl::Status WriteHuggingFaceMae(const std::string& folder,
                                 const EncoderSpec& spec,
                                 const CheckpointLayout::Decoder& decoder,
                                 int64_t decoder_heads,
                                 const StateDict& tensors) {
  RETURN_IF_ERROR(CheckPlain(spec, "transformers"));
  if (decoder_heads < 1 || decoder.embed_dim % decoder_heads != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--decoder_num_heads=", decoder_heads,
        " does not divide the decoder's width, ", decoder.embed_dim));
  }
  CheckpointLayout layout;
  layout.encoder = spec;
  layout.decoder = decoder;
  ASSIGN_OR_RETURN(const StateDict own, Named(LayoutShapes(layout), tensors));
  ASSIGN_OR_RETURN(StateDict theirs, Theirs(own, /*encoder=*/"vit."));
  json config = EncoderConfig(spec, own);
  config["architectures"] = {"ViTMAEForPreTraining"};
  config["model_type"] = "vit_mae";
  config["decoder_hidden_size"] = decoder.embed_dim;
  config["decoder_num_hidden_layers"] = decoder.depth;
  config["decoder_num_attention_heads"] = decoder_heads;
  config["decoder_intermediate_size"] = decoder.hidden_dim;
  return Write(folder, config, std::move(theirs));
}

absl::Status WriteTimm(const std::string& folder, const EncoderSpec& spec,
                       const StateDict& tensors) {
  RETURN_IF_ERROR(CheckPlain(spec, "timm"));
  ASSIGN_OR_RETURN(StateDict own, Named(EncoderShapes(spec), tensors));
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
