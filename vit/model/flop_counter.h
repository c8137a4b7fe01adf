// Counts the FLOP that matrix products and attention have performed, for tests
// of formulas.
//
//   FlopCounter counter;
//   at::Tensor y = model.forward(x);
//   EXPECT_EQ(counter.flop(), cost.forward_flop);
//
// It observes the dispatcher in all threads. A multiply-add is two FLOP; the
// backward pass of attention counts as four products, as in vit/model/cost.h,
// although it computes its scores again. A product of an unknown kind ends the
// test.
#ifndef CALDERA_VIT_MODEL_FLOP_COUNTER_H_
#define CALDERA_VIT_MODEL_FLOP_COUNTER_H_

#include <ATen/record_function.h>

#include <cstdint>

namespace caldera::vit {

class FlopCounter {
 public:
  FlopCounter();  // at most one at a time
  ~FlopCounter();
  FlopCounter(const FlopCounter&) = delete;
  FlopCounter& operator=(const FlopCounter&) = delete;

  // Returns the FLOP since construction or the last Reset.
  int64_t flop() const;
  void Reset();

 private:
  at::CallbackHandle handle_;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_MODEL_FLOP_COUNTER_H_
