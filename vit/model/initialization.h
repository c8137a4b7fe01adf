// The official MAE initialisation, reproducible parameter by parameter.
//
//   vit::InitializeVit(*encoder, /*seed=*/0);
//
// A parameter's values depend on the seed and its name only, so adding a
// decoder or reordering modules does not change the other parameters. The
// global random generator is neither used nor changed.
#ifndef CALDERA_VIT_MODEL_INITIALIZATION_H_
#define CALDERA_VIT_MODEL_INITIALIZATION_H_

#include <torch/nn/module.h>

#include <cstdint>

namespace caldera::vit {

// Fills all parameters of `module`, by name and shape:
//   *_token                  N(0, 0.02). The official code says
//                            normal_(std=.02), not truncated.
//   pos_embed                N(0, 0.02), where it is learned. timm says
//                            trunc_normal_(std=.02), whose bounds are the
//                            numbers -2 and 2, 100 deviations away: nothing is
//                            ever cut.
//   head.weight              N(0, 2e-5), as the official fine-tuning; again
//                            trunc_normal_ with bounds of -2 and 2.
//   patch_embed.proj.weight  Xavier-uniform on its [D, C*p*p] view
//   patch_embed.proj.bias    U(-a, a), a = 1 / sqrt(C*p*p): the official code
//                            leaves the convolution's default in place
//   Linear::Initial          Kaiming-uniform, sqrt(6 / fan_in), where a layer
//                            asks for it (vit/ops/linear.h)
//   other matrices           Xavier-uniform (qkv as one [3D, D] matrix)
//   *.gamma                  left as the constructor filled them (LayerScale)
//   norm weights             1
//   other vectors            0
// Buffers (position embeddings) are left as they are.
// Sources: facebookresearch/mae, models_mae.py, initialize_weights, and
// main_finetune.py; timm, vision_transformer.py, init_weights.
void InitializeVit(torch::nn::Module& module, uint64_t seed);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_MODEL_INITIALIZATION_H_
