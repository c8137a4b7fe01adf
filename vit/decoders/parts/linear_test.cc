// Compares the decoder with its formula.
#include <ATen/TensorOperators.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/stack.h>
#include <gtest/gtest.h>

#include <vector>

#include "vit/decoders/decoder.h"
#include "vit/decoders/decoder_testing.h"
#include "vit/position_embedding.h"

namespace caldera::vit {
namespace {

TEST(LinearDecoder, IsOneMatrix) {
  for (const bool class_token : {true, false}) {
    const int64_t prefix = class_token ? 1 : 0;
    const auto decoder =
        FilledDecoder(TinyDecoderSpec("LINEAR", false), class_token);
    const auto p = decoder->named_parameters();
    ASSERT_EQ(p.size(), 3);
    const at::Tensor latent = TinyLatent(class_token);
    const at::Tensor pos =
        SinCosPositionEmbedding(kEncoderDim, kGrid, 0).to(at::kDouble)[0];
    std::vector<at::Tensor> images;
    for (int64_t b = 0; b < 2; ++b) {
      std::vector<at::Tensor> rows;
      for (int64_t n = 0; n < kPatches; ++n) {
        const auto place = TinyIdsRestore()[b][n].item<int64_t>();
        rows.push_back(place < kVisible ? latent[b][prefix + place]
                                        : latent[b].mean(0) +
                                              p["mask_token"][0][0] + pos[n]);
      }
      images.push_back(at::stack(rows));
    }
    const at::Tensor expected = at::linear(
        at::stack(images), p["decoder_pred.weight"], p["decoder_pred.bias"]);
    EXPECT_TRUE(decoder->Decode({latent, TinyIdsRestore()})
                    .prediction.allclose(expected, 0, 1e-12));
  }
}

}  // namespace
}  // namespace caldera::vit
