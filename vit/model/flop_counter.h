// Counts what matrix products and attention really computed, for tests of
// formulas.
//
//   FlopCounter counter;
//   at::Tensor y = model.forward(x);
//   EXPECT_EQ(counter.flop(), cost.forward_flop);
//
// It watches the dispatcher in all threads. Two FLOP a multiply-add; attention
// is four products backward, as vit/model/cost.h has it, though it computes its
// scores again. A product of a kind that it does not know ends the test.
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

  // Since construction or the last Reset.
  int64_t flop() const;
  void Reset();

 private:
  at::CallbackHandle handle_;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_MODEL_FLOP_COUNTER_H_
