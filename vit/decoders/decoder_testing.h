// A tiny decoder and its input, for tests.
//
//   const auto decoder = FilledDecoder(TinyDecoderSpec("LINEAR"));
//   decoder->Decode({TinyLatent(), TinyIdsRestore()});
//
// Two images of six patches, of which two are visible.
#ifndef CALDERA_VIT_DECODERS_DECODER_TESTING_H_
#define CALDERA_VIT_DECODERS_DECODER_TESTING_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>

#include "vit/decoders/decoder.h"
#include "vit/grid.h"
#include "vit/vit.pb.h"

namespace caldera::vit {

constexpr int64_t kEncoderDim = 8, kPatches = 6, kVisible = 2, kTarget = 5;
constexpr Grid kGrid{2, 3};

// Returns a decoder of width 16 with two heads and two blocks.
DecoderSpec TinyDecoderSpec(const std::string& kind, bool masked_only = true);

// Returns the decoder of `spec` in double, with normal parameters.
std::shared_ptr<Decoder> FilledDecoder(const DecoderSpec& spec,
                                       bool class_token = true);

// Returns normal latents, [2, P + Nv, D].
at::Tensor TinyLatent(bool class_token = true);

// Returns the patches in shuffled order, [2, N]: patches 4 and 1 of the first
// image are visible, 0 and 5 of the second.
at::Tensor TinyIdsShuffled();

// Returns the inverse of each row's permutation.
at::Tensor InversePermutation(const at::Tensor& ids);

at::Tensor TinyIdsRestore();

}  // namespace caldera::vit

#endif  // CALDERA_VIT_DECODERS_DECODER_TESTING_H_
