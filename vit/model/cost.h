#ifndef CALDERA_VIT_MODEL_COST_H_
#define CALDERA_VIT_MODEL_COST_H_

// What a pass through a model costs, from its sizes alone.
//
//   const Cost encoder = EncoderCost(spec, /*num_visible=*/49);
//   const Cost decoder = DecoderCost(decoder_spec, sizes, 49);
//   const Cost step = (encoder + decoder) * batch_size;
//   step.forward_flop + step.backward_flop;
//
// FLOP are those of matrix products and attention, two a multiply-add, as this
// code multiplies: patches that are not computed on are not counted. What
// norms, GELU and sums add is below 1 % of a model's. Backward is the gradient
// of both factors of each product; work that is done twice to save memory
// (attention, checkpoint_blocks) counts once, so that FLOP a second compare.
//
// Activations are the numbers that the forward pass keeps for the backward
// pass, exactly (vit/model/cost_test.cc), where everything is float32 on a CPU.
// A GPU keeps more: norm_linear.h, gelu_linear.h.

#include <cstdint>
#include <optional>

#include "vit/decoders/decoder.h"
#include "vit/vit.pb.h"

namespace caldera::vit {

struct Cost {
  int64_t forward_flop = 0;
  int64_t backward_flop = 0;
  int64_t activations = 0;  // numbers, not bytes

  int64_t flop() const { return forward_flop + backward_flop; }
  // Of the same work under NoGradGuard.
  Cost WithoutGradient() const { return {forward_flop, 0, 0}; }
  Cost& operator+=(const Cost& other);
};

Cost operator+(Cost a, const Cost& b);
Cost operator*(Cost cost, int64_t times);

// FLOP of a [rows, in] x [in, out] product; input_gradient: whether the
// gradient of its first factor is computed (not for images).
Cost ProductCost(int64_t rows, int64_t in, int64_t out,
                 bool input_gradient = true);

// The encoder on one image of which it sees `num_visible` patches. spec: with
// its sizes (ResolveModel). num_context: how many of them are keys and values
// (EncoderRequest::ids_context); none: all.
Cost EncoderCost(const EncoderSpec& spec, int64_t num_visible,
                 std::optional<int64_t> num_context = std::nullopt);

// The decoder that MakeDecoder builds, on the latents of one image. Where these
// are of every patch, `num_visible` is the number of patches.
Cost DecoderCost(const DecoderSpec& spec, const DecoderSizes& sizes,
                 int64_t num_visible);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_MODEL_COST_H_
