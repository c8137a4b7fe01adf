#include "vit/weights/checkpoint_layout.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/max.h>

#include <algorithm>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/spec_fields.h"
#include "base/status.h"
#include "vit/blocks/block.h"
#include "vit/blocks/block_plan.h"
#include "vit/grid.h"
#include "vit/layer_norm.h"
#include "vit/model/encoder.h"
#include "vit/model/validate_encoder.h"
#include "vit/ops/linear.h"
#include "vit/parameter.h"
#include "vit/position_embedding.h"
#include "vit/zoo.h"

namespace caldera::vit {
namespace {

// This limit is above every size that Validate accepts, and small enough to
// multiply.
constexpr int64_t kMaxSize = 1 << 20;

// The first value of LayerScale's factors in DINOv2: the file has the trained
// ones.
constexpr double kLayerScale = 1e-5;

absl::Status Refused(const std::string& source, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(source, ": ", what));
}

const at::Tensor* Find(const StateDict& tensors, const std::string& name) {
  const auto found = tensors.find(name);
  return found == tensors.end() ? nullptr : &found->second;
}

// Returns the tensor `name`, which must have `dims` dimensions, each within [1,
// kMaxSize].
absl::StatusOr<at::Tensor> Require(const StateDict& tensors,
                                   const std::string& name, int64_t dims,
                                   const std::string& source) {
  const at::Tensor* tensor = Find(tensors, name);
  if (tensor == nullptr) {
    std::vector<std::string> names;
    for (const auto& [other, unused] : tensors) {
      if (names.size() == 5) break;
      names.push_back(absl::StrCat("\"", other, "\""));
    }
    return Refused(
        source,
        absl::StrCat("it holds no ViT under the names of timm and MAE: "
                     "it lacks \"",
                     name, "\"; its names begin with ",
                     names.empty() ? "nothing" : absl::StrJoin(names, ", ")));
  }
  bool fits = tensor->dim() == dims;
  for (const int64_t size : tensor->sizes()) {
    fits &= size >= 1 && size <= kMaxSize;
  }
  if (fits) return *tensor;
  return Refused(source, absl::StrCat("tensor \"", name, "\" has the shape [",
                                      absl::StrJoin(tensor->sizes(), ", "),
                                      "], which no ViT has"));
}

int64_t CountBlocks(const StateDict& tensors, const std::string& prefix) {
  int64_t depth = 0;
  while (tensors.count(absl::StrCat(prefix, depth, ".norm1.weight")) > 0) {
    ++depth;
  }
  return depth;
}

// Returns the ratio from which the model computes `hidden` units again,
// rounding down.
double MlpRatio(int64_t hidden, int64_t embed_dim) {
  const double ratio = static_cast<double>(hidden) / embed_dim;
  return static_cast<int64_t>(embed_dim * ratio) == hidden
             ? ratio
             : std::nextafter(ratio, 2 * ratio);
}

// Returns true if `position` is MAE's fixed embedding, up to rounding.
bool IsSinCos(const at::Tensor& position, int64_t embed_dim, const Grid& grid,
              int64_t prefix) {
  if (embed_dim % 4 != 0 || position.size(1) != prefix + grid.size() ||
      position.size(2) != embed_dim) {
    return false;
  }
  const bool exact = position.scalar_type() == at::kFloat ||
                     position.scalar_type() == at::kDouble;
  const at::Tensor fixed = SinCosPositionEmbedding(embed_dim, grid, prefix);
  const at::Tensor error = (position.to(at::kFloat) - fixed).abs().max();
  return error.item<double>() < (exact ? 1e-6 : 4e-3);
}

// Returns true for DINOv3: its authors' files keep the periods of the rotary
// embedding. timm's do not, but only that model has registers and LayerScale
// and no embedding of positions.
bool IsRotary(const StateDict& tensors) {
  const auto has = [&](const char* name) { return tensors.count(name) > 0; };
  return has("rope_embed.periods") ||
         (has("reg_token") && has("blocks.0.ls1.gamma") && !has("pos_embed"));
}

// Infers the options of published models from the tensors that they add or
// lack. What no tensor shows is assumed as those models have it.
void InferOptions(const StateDict& tensors, std::optional<double> norm_eps,
                  CheckpointLayout* layout) {
  EncoderSpec& spec = layout->encoder;
  const auto has = [&](const char* name) { return tensors.count(name) > 0; };
  if (has("blocks.0.ls1.gamma")) spec.set_layer_scale(kLayerScale);
  const at::Tensor* registers = Find(tensors, "reg_token");
  if (registers != nullptr && registers->dim() == 3) {
    spec.set_register_tokens(
        static_cast<int32_t>(std::min<int64_t>(registers->size(1), kMaxSize)));
  }
  if (has("blocks.0.attn.q_norm.weight")) spec.set_qk_norm(true);
  if (!has("blocks.0.attn.proj.bias")) spec.set_proj_bias(false);
  if (!has("patch_embed.proj.bias")) spec.set_patch_bias(false);
  const at::Tensor& fc1 = tensors.at("blocks.0.mlp.fc1.weight");
  const at::Tensor* fc2 = Find(tensors, "blocks.0.mlp.fc2.weight");
  if (fc2 != nullptr && fc2->dim() == 2 && 2 * fc2->size(1) == fc1.size(0)) {
    spec.set_activation(EncoderSpec::SWIGLU);
  }
  if (has("norm_pre.weight")) {
    spec.set_pre_norm(true);
    layout->assumptions.push_back(
        "activation: GELU, as open_clip's models have it; of OpenAI's CLIP "
        "//vit:convert --encoder='activation: QUICK_GELU' makes a file that "
        "says so");
  }
  if (norm_eps.has_value()) {
    spec.set_norm_eps(*norm_eps);
  } else if (spec.pre_norm() || IsRotary(tensors)) {
    spec.set_norm_eps(1e-5);
    layout->assumptions.push_back(absl::StrCat(
        "norm_eps: 1e-5, as ", spec.pre_norm() ? "CLIP" : "DINOv3", " has it"));
  }
}

absl::Status InferPosition(const StateDict& tensors, const std::string& source,
                           CheckpointLayout* layout) {
  EncoderSpec& spec = layout->encoder;
  if (Find(tensors, "pos_embed") == nullptr) {
    spec.set_position_embedding(IsRotary(tensors) ? EncoderSpec::ROPE
                                                  : EncoderSpec::NONE);
    spec.set_image_size(std::max(224 / spec.patch_size(), 1) *
                        spec.patch_size());
    layout->assumptions.push_back(absl::StrCat(
        "image_size: ", spec.image_size(), ", because there is no pos_embed"));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const at::Tensor position,
                   Require(tensors, "pos_embed", 3, source));
  // Some of timm's models have no row for the CLS token.
  const int64_t rows = position.size(1);
  const int64_t prefix = static_cast<int64_t>(tensors.count("cls_token") +
                                              tensors.count("dist_token"));
  Grid grid = SquareGrid(rows - prefix);
  if (grid.size() == 0) grid = SquareGrid(rows);
  if (grid.size() == 0) {
    return Refused(source,
                   absl::StrCat("its pos_embed has ", rows,
                                " rows, which do not fill a square grid; "
                                "only square images are converted"));
  }
  spec.set_image_size(static_cast<int32_t>(grid.width * spec.patch_size()));
  spec.set_position_embedding(
      IsSinCos(position, spec.embed_dim(), grid, spec.class_token() ? 1 : 0)
          ? EncoderSpec::SIN_COS
          : EncoderSpec::LEARNED);
  return absl::OkStatus();
}

absl::Status InferHeads(std::optional<int> num_heads, const std::string& source,
                        CheckpointLayout* layout) {
  EncoderSpec& spec = layout->encoder;
  if (num_heads.has_value()) {
    spec.set_num_heads(*num_heads);
    return absl::OkStatus();
  }
  const int width = spec.embed_dim();
  if (width % 64 != 0) {
    return Refused(source,
                   absl::StrCat("it does not say the number of attention "
                                "heads, and width ",
                                width,
                                " is not that of a published model; give "
                                "--num_heads"));
  }
  const int dims = width == 1280 ? 80 : 64;  // ViT-Huge
  spec.set_num_heads(width / dims);
  layout->assumptions.push_back(
      absl::StrCat("num_heads: ", width / dims,
                   ", as the published models of "
                   "width ",
                   width, " have; --num_heads overrides it"));
  return absl::OkStatus();
}

absl::Status InferEncoder(const StateDict& tensors,
                          std::optional<int> num_heads,
                          std::optional<double> norm_eps,
                          const std::string& source, CheckpointLayout* layout) {
  ASSIGN_OR_RETURN(const at::Tensor patch,
                   Require(tensors, "patch_embed.proj.weight", 4, source));
  ASSIGN_OR_RETURN(const at::Tensor hidden,
                   Require(tensors, "blocks.0.mlp.fc1.weight", 2, source));
  if (patch.size(2) != patch.size(3)) {
    return Refused(source, "its patches are not square");
  }
  EncoderSpec& spec = layout->encoder;
  spec.set_embed_dim(static_cast<int32_t>(patch.size(0)));
  spec.set_channels(static_cast<int32_t>(patch.size(1)));
  spec.set_patch_size(static_cast<int32_t>(patch.size(2)));
  spec.set_depth(static_cast<int32_t>(CountBlocks(tensors, "blocks.")));
  spec.set_mlp_ratio(MlpRatio(hidden.size(0), patch.size(0)));
  spec.set_qkv_bias(tensors.count("blocks.0.attn.qkv.bias") > 0);
  spec.set_class_token(tensors.count("cls_token") > 0);
  spec.set_final_norm(tensors.count("norm.weight") > 0 ||
                      (tensors.count("fc_norm.weight") == 0 &&
                       tensors.count("norm_pre.weight") == 0));
  InferOptions(tensors, norm_eps, layout);
  RETURN_IF_ERROR(InferPosition(tensors, source, layout));
  return InferHeads(num_heads, source, layout);
}

absl::Status InferDecoder(const StateDict& tensors, const std::string& source,
                          CheckpointLayout* layout) {
  // The other decoders (linear, with cross-attention, or without a mask token)
  // have no official names.
  if (Find(tensors, "decoder_embed.weight") == nullptr ||
      Find(tensors, "mask_token") == nullptr ||
      Find(tensors, "decoder_blocks.0.cross_attn.q.weight") != nullptr ||
      Find(tensors, "decoder_blocks.0.attn.qkv.weight") == nullptr) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const at::Tensor embed,
                   Require(tensors, "decoder_embed.weight", 2, source));
  ASSIGN_OR_RETURN(
      const at::Tensor hidden,
      Require(tensors, "decoder_blocks.0.mlp.fc1.weight", 2, source));
  ASSIGN_OR_RETURN(const at::Tensor pred,
                   Require(tensors, "decoder_pred.weight", 2, source));
  layout->decoder = {embed.size(0), CountBlocks(tensors, "decoder_blocks."),
                     hidden.size(0), pred.size(0),
                     tensors.count("decoder_blocks.0.attn.qkv.bias") > 0};
  return absl::OkStatus();
}

// Adds the tensors of `module`, with `prefix` in front of their names.
void AddShapes(const std::string& prefix, const torch::nn::Module& module,
               TensorShapes* shapes) {
  for (const auto& [name, tensor] : GetStateDict(module)) {
    (*shapes)[prefix + name] = tensor.sizes().vec();
  }
}

// The fields of the options of published models.
constexpr int kFirstOption = EncoderSpec::kLayerScaleFieldNumber;
constexpr int kLastOption = EncoderSpec::kRopeThetaFieldNumber;

// Clears a field that has its default.
void ClearDefault(int number, EncoderSpec* spec) {
  const auto* field = EncoderSpec::descriptor()->FindFieldByNumber(number);
  const auto* reflection = spec->GetReflection();
  EncoderSpec with = *spec;
  reflection->ClearField(&with, field);
  base::FillDefaults(&with);
  if (with.SerializeAsString() == spec->SerializeAsString()) {
    reflection->ClearField(spec, field);
  }
}

int64_t PositionRows(const EncoderSpec& spec) {
  return GridOf(spec).size() + (spec.class_token() ? 1 : 0);
}

}  // namespace

absl::StatusOr<CheckpointLayout> InferLayout(
    const StateDict& tensors,
    const std::map<std::string, std::string>& metadata,
    std::optional<int> num_heads, const std::string& source,
    std::optional<double> norm_eps) {
  CheckpointLayout layout;
  const auto text = metadata.find(kEncoderMetadata);
  if (text != metadata.end()) {
    if (!base::ParseSpec(text->second, &layout.encoder)) {
      return Refused(source, absl::StrCat("its metadata \"", kEncoderMetadata,
                                          "\" is not text of an EncoderSpec"));
    }
    if (num_heads.has_value()) layout.encoder.set_num_heads(*num_heads);
    layout.encoder = ResolveModel(layout.encoder);
  } else {
    RETURN_IF_ERROR(
        InferEncoder(tensors, num_heads, norm_eps, source, &layout));
  }
  const absl::Status valid = Validate(layout.encoder);
  if (!valid.ok()) {
    return Refused(source, absl::StrCat("encoder.", valid.message()));
  }
  // The grid decides how much an interpolation allocates, so it must agree with
  // the tensors whatever the metadata say.
  const at::Tensor* position = Find(tensors, "pos_embed");
  if (text != metadata.end() && position != nullptr && position->dim() == 3 &&
      position->size(1) != PositionRows(layout.encoder)) {
    return Refused(source, absl::StrCat("its pos_embed has ", position->size(1),
                                        " rows, its own metadata need ",
                                        PositionRows(layout.encoder)));
  }
  RETURN_IF_ERROR(InferDecoder(tensors, source, &layout));
  layout.fc_norm = tensors.count("fc_norm.weight") > 0;
  if (tensors.count("head.weight") > 0) {
    ASSIGN_OR_RETURN(const at::Tensor head,
                     Require(tensors, "head.weight", 2, source));
    layout.num_classes = head.size(0);
  }
  return layout;
}

TensorShapes EncoderShapes(const EncoderSpec& spec) {
  const ShapesOnly scope;
  TensorShapes shapes;
  AddShapes("", Encoder(spec), &shapes);
  return shapes;
}

TensorShapes LayoutShapes(const CheckpointLayout& layout) {
  TensorShapes shapes = EncoderShapes(layout.encoder);
  const ShapesOnly scope;
  const int64_t d = layout.encoder.embed_dim();
  if (layout.decoder.has_value()) {
    const CheckpointLayout::Decoder& decoder = *layout.decoder;
    const int64_t dd = decoder.embed_dim;
    AddShapes("decoder_embed.", Linear(d, dd), &shapes);
    shapes["mask_token"] = {1, 1, dd};
    shapes["decoder_pos_embed"] = {1, PositionRows(layout.encoder), dd};
    BlockOptions options;
    options.embed_dim = dd;
    options.num_heads = 1;  // on which no shape depends
    options.mlp_ratio = MlpRatio(decoder.hidden_dim, dd);
    options.qkv_bias = decoder.qkv_bias;
    const Block block(options);
    for (int64_t i = 0; i < decoder.depth; ++i) {
      AddShapes(absl::StrCat("decoder_blocks.", i, "."), block, &shapes);
    }
    AddShapes("decoder_norm.", LayerNorm(dd), &shapes);
    AddShapes("decoder_pred.", Linear(dd, decoder.target_dim), &shapes);
  }
  if (layout.fc_norm) AddShapes("fc_norm.", LayerNorm(d), &shapes);
  if (layout.num_classes > 0) {
    AddShapes("head.", Linear(d, layout.num_classes), &shapes);
  }
  return shapes;
}

std::string EncoderMetadata(const EncoderSpec& spec) {
  EncoderSpec full = spec;
  // The options of the blocks, where these have a message of their own.
  const auto* options =
      base::FindField(*EncoderSpec::descriptor(), base::PartName(spec));
  if (options != nullptr && options->message_type() != nullptr) {
    full.GetReflection()->MutableMessage(&full, options);
  }
  base::FillDefaults(&full);
  full.clear_model();
  full.clear_drop_path();
  full.clear_checkpoint_blocks();
  // A file without the options is read by programs that do not know them.
  if (full.block() == EncoderSpec::default_instance().block()) {
    full.clear_block();
  }
  for (int number = kFirstOption; number <= kLastOption; ++number) {
    ClearDefault(number, &full);
  }
  return base::SpecText(full);
}

}  // namespace caldera::vit
