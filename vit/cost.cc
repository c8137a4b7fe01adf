#include "vit/cost.h"

namespace caldera::vit {

Cost& Cost::operator+=(const Cost& other) {
  forward_flop += other.forward_flop;
  backward_flop += other.backward_flop;
  activations += other.activations;
  return *this;
}

Cost operator+(Cost a, const Cost& b) { return a += b; }

Cost operator*(Cost cost, int64_t times) {
  cost.forward_flop *= times;
  cost.backward_flop *= times;
  cost.activations *= times;
  return cost;
}

Cost ProductCost(int64_t rows, int64_t in, int64_t out, bool input_gradient) {
  const int64_t forward = 2 * rows * in * out;
  return {forward, input_gradient ? 2 * forward : forward, 0};
}

}  // namespace caldera::vit
