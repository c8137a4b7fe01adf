// Tests what the decoder reads.
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "vit/decoders/decoder.h"
#include "vit/decoders/decoder_testing.h"
#include "vit/module_testing.h"

namespace caldera::vit {
namespace {

TEST(SelfCrossAttentionDecoder, ReadsLatentsAndMemory) {
  const auto decoder =
      FilledDecoder(TinyDecoderSpec("SELF_CROSS_ATTENTION", false));
  const at::Tensor latent = TinyLatent();
  const at::Tensor memory = Normal({2, 7, kEncoderDim}, 3);
  const auto predict = [&](const at::Tensor& from, const at::Tensor& beside) {
    return decoder->Decode({from, TinyIdsRestore(), beside}).prediction;
  };
  const at::Tensor prediction = predict(latent, memory);
  EXPECT_FALSE(prediction.allclose(predict(2 * latent, memory), 0, 1e-3));
  EXPECT_FALSE(prediction.allclose(predict(latent, 2 * memory), 0, 1e-3));
  EXPECT_TRUE(prediction.equal(
      decoder->Decode({latent, TinyIdsRestore(), memory, true}).prediction));
}

}  // namespace
}  // namespace caldera::vit
