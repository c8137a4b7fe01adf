// The work and the memory of a pass through a model or a part of one.
//
//   const Cost layer = ProductCost(/*rows=*/197, 768, 3072);
//   const Cost step = layer * batch_size;
//   step.forward_flop + step.backward_flop;
//
// The FLOP are those of matrix products and attention, two a multiply-add, that
// this code performs: patches that are not computed are not counted. Norms,
// GELU and sums would add less than 1 % of a model's work. The backward pass
// computes the gradients of both factors of each product; work that is repeated
// to save memory (attention, checkpoint_blocks) counts once, so that FLOP a
// second are comparable.
//
// Activations are the numbers that the forward pass keeps for the backward
// pass, exactly (vit/model/cost_test.cc), where everything is float32 on a CPU.
// A GPU keeps more: norm_linear.h, gelu_linear.h.
#ifndef CALDERA_VIT_COST_H_
#define CALDERA_VIT_COST_H_

#include <cstdint>

namespace caldera::vit {

struct Cost {
  int64_t forward_flop = 0;
  int64_t backward_flop = 0;
  int64_t activations = 0;  // numbers, not bytes

  int64_t flop() const { return forward_flop + backward_flop; }
  // Returns the cost of the same work under NoGradGuard.
  Cost WithoutGradient() const { return {forward_flop, 0, 0}; }
  Cost& operator+=(const Cost& other);
};

Cost operator+(Cost a, const Cost& b);
Cost operator*(Cost cost, int64_t times);

// Returns the FLOP of a [rows, in] x [in, out] product. input_gradient: the
// gradient of its first factor is computed (false for images).
Cost ProductCost(int64_t rows, int64_t in, int64_t out,
                 bool input_gradient = true);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_COST_H_
