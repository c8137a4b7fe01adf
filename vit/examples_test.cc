// Compiles the examples of this room's front headers, word for word.
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/status.h"
#include "vit/grid.h"
#include "vit/model/encoder.h"
#include "vit/model/initialization.h"
#include "vit/position_embedding.h"
#include "vit/weights/safetensors.h"
#include "vit/zoo.h"

namespace caldera {

// clang-format off

TEST(Examples, Grid) {
  // From vit/grid.h:
  vit::Grid grid{14, 14};
  grid.size();  // 196
  EXPECT_EQ(grid.size(), 196);
}

TEST(Examples, PositionEmbedding) {
  // From vit/position_embedding.h:
  at::Tensor pos = vit::SinCosPositionEmbedding(192, {8, 8}, 1);
  // [1, 65, 192]
  pos = vit::InterpolatePositionEmbedding(pos, 1, {8, 8}, {14, 10});
  // [1, 141, 192]
  EXPECT_EQ(pos.size(1), 141);
}

TEST(Examples, Zoo) {
  vit::EncoderSpec spec;
  // From vit/zoo.h:
  spec.set_model("vit_large");
  spec = vit::ResolveModel(spec);  // embed_dim 1024, depth 24, num_heads 16
  EXPECT_EQ(spec.embed_dim(), 1024);
}

TEST(Examples, Encoder) {
  vit::EncoderSpec spec;
  spec.set_image_size(32);
  spec.set_embed_dim(16);
  spec.set_num_heads(2);
  const at::Tensor images = at::zeros({1, 3, 32, 32});
  const at::Tensor ids_keep = at::arange(2, at::kLong).unsqueeze(0);
  // From vit/model/encoder.h:
  auto encoder = std::make_shared<vit::Encoder>(spec);
  vit::InitializeVit(*encoder, /*seed=*/0);
  vit::EncoderOutput out = encoder->forward(images, ids_keep, {10, 11});
  at::Tensor tokens = out.tokens;     // [B, 1 + Nv, D]
  at::Tensor block_10 = out.taps[0];  // [B, 1 + Nv, D]
  EXPECT_EQ(tokens.sizes(), block_10.sizes());
}

// Only compiled: it would write a file.
absl::Status SafetensorsExample(const at::Tensor& weight) {
  // From vit/weights/safetensors.h:
  vit::Safetensors file;
  file.tensors["norm.weight"] = weight;
  file.metadata["format"] = "pt";
  RETURN_IF_ERROR(vit::WriteSafetensors("encoder.safetensors", file));
  absl::StatusOr<vit::Safetensors> again =
      vit::ReadSafetensors("encoder.safetensors");
  return again.status();
}

}  // namespace caldera
