#include "vit/parameter.h"

#include <gtest/gtest.h>

#include <thread>

#include "vit/model/encoder.h"
#include "vit/module_testing.h"

namespace caldera::vit {
namespace {

TEST(ShapesOnly, AModuleHasNamesAndShapesWithoutNumbers) {
  EncoderSpec spec;
  spec.set_image_size(8);
  spec.set_patch_size(4);
  spec.set_embed_dim(16);
  spec.set_depth(1);
  spec.set_num_heads(2);
  const Encoder real(spec);
  const ShapesOnly scope;
  const Encoder shapes(spec);
  EXPECT_EQ(ParameterShapes(shapes), ParameterShapes(real));
  EXPECT_EQ(BufferShapes(shapes), BufferShapes(real));
  for (const at::Tensor& tensor : shapes.parameters()) {
    EXPECT_TRUE(tensor.is_meta() && tensor.requires_grad());
  }
  for (const at::Tensor& tensor : shapes.buffers()) {
    EXPECT_TRUE(tensor.is_meta());
  }
}

TEST(ShapesOnly, IsTheScopeOfItsThread) {
  {
    const ShapesOnly scope;
    { const ShapesOnly again; }
    EXPECT_TRUE(NewParameter({2, 3}).is_meta());
    std::thread([] { EXPECT_TRUE(NewParameter({2, 3}).is_cpu()); }).join();
  }
  EXPECT_FALSE(ShapesOnly::active());
  EXPECT_TRUE(NewParameter({2, 3}).is_cpu());
}

}  // namespace
}  // namespace caldera::vit
