// Keeps an encoder in eval mode for the lifetime of this object; its destructor
// restores the mode.
//
//   const FrozenEncoder frozen(encoder);  // no drop path
#ifndef CALDERA_EVAL_FEATURES_FROZEN_ENCODER_H_
#define CALDERA_EVAL_FEATURES_FROZEN_ENCODER_H_

#include "vit/model/encoder.h"

namespace caldera::eval {

class FrozenEncoder {
 public:
  explicit FrozenEncoder(vit::Encoder& encoder)
      : encoder_(encoder), was_training_(encoder.is_training()) {
    encoder_.eval();
  }
  ~FrozenEncoder() { encoder_.train(was_training_); }
  FrozenEncoder(const FrozenEncoder&) = delete;
  FrozenEncoder& operator=(const FrozenEncoder&) = delete;

 private:
  vit::Encoder& encoder_;
  bool was_training_;
};

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_FEATURES_FROZEN_ENCODER_H_
