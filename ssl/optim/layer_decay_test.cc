#include "ssl/optim/layer_decay.h"

#include <gtest/gtest.h>

namespace caldera::ssl {
namespace {

TEST(LayerDecay, NumbersLayersByName) {
  const struct {
    const char* name;
    int64_t layer;
    double scale;
  } kTable[] = {
      {"cls_token", 0, 0.0625},
      {"pos_embed", 0, 0.0625},
      {"patch_embed.proj.weight", 0, 0.0625},
      {"blocks.0.norm1.weight", 1, 0.125},
      {"blocks.2.mlp.fc1.bias", 3, 0.5},
      {"encoder.blocks.2.mlp.fc1.bias", 3, 0.5},
      {"encoder.cls_token", 0, 0.0625},
      {"classifier.encoder.blocks.1.norm1.bias", 2, 0.25},
      {"classifier.encoder.pos_embed", 0, 0.0625},
      {"classifier.fc_norm.weight", 4, 1},
      {"classifier.head.weight", 4, 1},
      {"norm.weight", 4, 1},
      {"fc_norm.bias", 4, 1},
      {"head.weight", 4, 1},
      {"mask_token", 4, 1},
      {"decoder.decoder_blocks.0.norm1.weight", 4, 1},
      {"projector.blocks.0.weight", 4, 1},
      {"blocks_of_another_kind.0.weight", 4, 1},
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(LayerNumber(row.name, /*depth=*/3), row.layer) << row.name;
    EXPECT_DOUBLE_EQ(LayerDecay(row.name, /*depth=*/3, 0.5), row.scale)
        << row.name;
    EXPECT_EQ(LayerDecay(row.name, /*depth=*/3, 1), 1) << row.name;
  }
}

}  // namespace
}  // namespace caldera::ssl
