#include "vit/weights/names/name_tables.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros_like.h>

#include <cctype>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace caldera::vit {
namespace {

// A name, or its beginning where it ends in a dot; "*" stands for the number of
// a block.
struct Row {
  absl::string_view theirs, timms;
  int part = -1;  // of a tensor that is joined of several; -1: it is whole
};

// The blocks of Hugging Face's classes, after the name of the block. Version 5
// of transformers calls the projections q_proj, ..., earlier ones query, ....
constexpr Row kHuggingFaceBlock[] = {
    {"layernorm_before.", "norm1."},
    {"layernorm_after.", "norm2."},
    {"norm1.", "norm1."},
    {"norm2.", "norm2."},
    {"attention.attention.query.", "attn.qkv.", 0},
    {"attention.attention.key.", "attn.qkv.", 1},
    {"attention.attention.value.", "attn.qkv.", 2},
    {"attention.output.dense.", "attn.proj."},
    {"attention.q_proj.", "attn.qkv.", 0},
    {"attention.k_proj.", "attn.qkv.", 1},
    {"attention.v_proj.", "attn.qkv.", 2},
    {"attention.o_proj.", "attn.proj."},
    {"layer_scale1.lambda1", "ls1.gamma"},
    {"layer_scale2.lambda1", "ls2.gamma"},
    {"intermediate.dense.", "mlp.fc1."},
    {"output.dense.", "mlp.fc2."},
    {"mlp.fc1.", "mlp.fc1."},
    {"mlp.fc2.", "mlp.fc2."},
    {"mlp.weights_in.", "mlp.w12."},
    {"mlp.weights_out.", "mlp.w3."},
    {"mlp.gate_proj.", "mlp.w12.", 0},
    {"mlp.up_proj.", "mlp.w12.", 1},
    {"mlp.down_proj.", "mlp.w3."},
};

constexpr Row kHuggingFaceBlocks[] = {
    {"encoder.layer.*.", "blocks.*."},
    {"layers.*.", "blocks.*."},
    {"decoder.decoder_layers.*.", "decoder_blocks.*."},
    // Thus in the files of version 5 of transformers.
    {"decoder.decoder_encoder.layer.*.", "decoder_blocks.*."},
};

constexpr Row kHuggingFace[] = {
    {"embeddings.cls_token", "cls_token"},
    {"embeddings.position_embeddings", "pos_embed"},
    {"embeddings.register_tokens", "reg_token"},
    {"embeddings.patch_embeddings.projection.", "patch_embed.proj."},
    {"layernorm.", "norm."},
    {"classifier.", "head."},
    {"decoder.mask_token", "mask_token"},
    {"decoder.decoder_pos_embed", "decoder_pos_embed"},
    {"decoder.decoder_embed.", "decoder_embed."},
    {"decoder.decoder_norm.", "decoder_norm."},
    {"decoder.decoder_pred.", "decoder_pred."},
};

constexpr Row kOpenClip[] = {
    {"class_embedding", "cls_token"},
    {"positional_embedding", "pos_embed"},
    {"conv1.", "patch_embed.proj."},
    {"ln_pre.", "norm_pre."},
    {"ln_post.", "norm."},
    {"transformer.resblocks.*.ln_1.", "blocks.*.norm1."},
    {"transformer.resblocks.*.ln_2.", "blocks.*.norm2."},
    {"transformer.resblocks.*.attn.in_proj_", "blocks.*.attn.qkv."},
    {"transformer.resblocks.*.attn.out_proj.", "blocks.*.attn.proj."},
    {"transformer.resblocks.*.mlp.c_fc.", "blocks.*.mlp.fc1."},
    {"transformer.resblocks.*.mlp.c_proj.", "blocks.*.mlp.fc2."},
    {"transformer.resblocks.*.ls_1.gamma", "blocks.*.ls1.gamma"},
    {"transformer.resblocks.*.ls_2.gamma", "blocks.*.ls2.gamma"},
};

// Takes `pattern` from the front of `name`, and sets `number` to the digits
// where the pattern has "*".
bool Consume(absl::string_view pattern, absl::string_view* name,
             std::string* number) {
  size_t at = 0;
  for (const char c : pattern) {
    if (c == '*') {
      const size_t begin = at;
      while (at < name->size() && std::isdigit((*name)[at])) ++at;
      if (at == begin) return false;
      *number = std::string(name->substr(begin, at - begin));
    } else if (at == name->size() || (*name)[at++] != c) {
      return false;
    }
  }
  // A whole name must end here.
  if (pattern.back() != '.' && pattern.back() != '_' && at != name->size()) {
    return false;
  }
  name->remove_prefix(at);
  return true;
}

std::string WithNumber(absl::string_view name, const std::string& number) {
  const size_t star = name.find('*');
  if (star == absl::string_view::npos) return std::string(name);
  return absl::StrCat(name.substr(0, star), number, name.substr(star + 1));
}

struct Renamed {
  std::string name;
  int part = -1;
};

template <size_t n>
std::optional<Renamed> Lookup(const Row (&table)[n], absl::string_view name) {
  for (const Row& row : table) {
    absl::string_view rest = name;
    std::string number;
    if (!Consume(row.theirs, &rest, &number)) continue;
    return Renamed{absl::StrCat(WithNumber(row.timms, number), rest), row.part};
  }
  return std::nullopt;
}

std::optional<Renamed> FromHuggingFace(absl::string_view name) {
  for (const Row& row : kHuggingFaceBlocks) {
    absl::string_view rest = name;
    std::string number;
    if (!Consume(row.theirs, &rest, &number)) continue;
    std::optional<Renamed> inner = Lookup(kHuggingFaceBlock, rest);
    if (!inner.has_value()) return std::nullopt;
    inner->name = absl::StrCat(WithNumber(row.timms, number), inner->name);
    return inner;
  }
  return Lookup(kHuggingFace, name);
}

std::optional<Renamed> FromOpenClip(absl::string_view name) {
  return Lookup(kOpenClip, name);
}

// timm's class Eva, of which its DINOv3 is one.
constexpr Row kEva[] = {
    {"blocks.*.gamma_1", "blocks.*.ls1.gamma"},
    {"blocks.*.gamma_2", "blocks.*.ls2.gamma"},
    {"blocks.*.attn.q_bias", "blocks.*.attn.qkv.bias", 0},
    {"blocks.*.attn.k_bias", "blocks.*.attn.qkv.bias", 1},
    {"blocks.*.attn.v_bias", "blocks.*.attn.qkv.bias", 2},
};

// DINOv2's code calls block 3 "blocks.0.3" where it divides the blocks into
// chunks; the rest has timm's names.
std::optional<Renamed> FromDino(absl::string_view name) {
  if (name == "register_tokens") return Renamed{"reg_token"};
  const std::optional<Renamed> eva = Lookup(kEva, name);
  if (eva.has_value()) return eva;
  absl::string_view rest = name;
  std::string chunk, block;
  if (!Consume("blocks.*.", &rest, &chunk)) return std::nullopt;
  if (!Consume("*.", &rest, &block)) return std::nullopt;
  return Renamed{absl::StrCat("blocks.", block, ".", rest)};
}

// Joins the parts of one tensor. A missing bias is zero.
at::Tensor Join(const std::map<int, at::Tensor>& parts, int count) {
  std::vector<at::Tensor> all;
  for (int part = 0; part < count; ++part) {
    const auto found = parts.find(part);
    all.push_back(found != parts.end() ? found->second
                                       : at::zeros_like(parts.begin()->second));
  }
  return at::cat(all, 0);
}

}  // namespace

std::vector<std::string> RenameToTimm(StateDict* tensors) {
  std::optional<Renamed> (*rename)(absl::string_view) = FromDino;
  bool open_clip = false;
  if (tensors->count("embeddings.patch_embeddings.projection.weight") > 0) {
    rename = FromHuggingFace;
  } else if (tensors->count("class_embedding") > 0 &&
             tensors->count("conv1.weight") > 0) {
    rename = FromOpenClip;
    open_clip = true;
  }
  StateDict out;
  std::vector<std::string> renamed;
  std::map<std::string, std::map<int, at::Tensor>> joined;
  for (auto& [name, tensor] : *tensors) {
    const std::optional<Renamed> better = rename(name);
    if (!better.has_value() || better->name == name) {
      out.emplace(name, std::move(tensor));
    } else if (better->part >= 0) {
      joined[better->name].emplace(better->part, std::move(tensor));
    } else {
      renamed.push_back(better->name);
      out[better->name] = std::move(tensor);
    }
  }
  for (const auto& [name, parts] : joined) {
    const bool is_bias = absl::EndsWith(name, ".bias");
    const int count = absl::StrContains(name, ".w12.") ? 2 : 3;
    // A weight of which a part is missing stays missing, and is named so.
    if (!is_bias && parts.size() != static_cast<size_t>(count)) continue;
    renamed.push_back(name);
    out[name] = Join(parts, count);
  }
  if (open_clip) {
    at::Tensor& token = out["cls_token"];     // [D]
    at::Tensor& position = out["pos_embed"];  // [1 + N, D]
    if (token.defined() && token.dim() == 1) token = token.view({1, 1, -1});
    if (!position.defined()) {
      out.erase("pos_embed");
    } else if (position.dim() == 2) {
      position = position.unsqueeze(0);
    }
  }
  *tensors = std::move(out);
  return renamed;
}

}  // namespace caldera::vit
