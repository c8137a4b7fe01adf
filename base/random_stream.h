// Draws counter-based random numbers (Philox4x32-10, Salmon et al. 2011). A
// stream is a pure function of (seed, purpose, step, sample): an image's draws
// do not depend on threads, its position in the batch, or the step at which a
// run was resumed.
//
//   RandomStream stream(seed, "augment", epoch, index);
//   if (stream.Uniform() < 0.5) Flip();
//
// Key = seed. Counter = {block, low half of sample, low half of step, FNV-1a
// hash of purpose}. A high half of sample or step that is not zero is folded
// into the key by one more Philox call, so that all 64 bits matter.
//
// Caveats: purposes are distinguished by a 32-bit hash, so keep them few and
// literal. A stream has 2^34 32-bit numbers (2^32 blocks of 4) before it
// repeats. Normal() uses libm: its values are equal on one machine, and equal
// up to rounding on different machines.
#ifndef CALDERA_BASE_RANDOM_STREAM_H_
#define CALDERA_BASE_RANDOM_STREAM_H_

#include <array>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace caldera::base {

// The generator itself: ten rounds on a 128-bit counter with a 64-bit key. Word
// 0 is the least significant one, as in Random123.
std::array<uint32_t, 4> Philox4x32(std::array<uint32_t, 4> counter,
                                   std::array<uint32_t, 2> key);

class RandomStream {
 public:
  RandomStream(uint64_t seed, absl::string_view purpose, uint64_t step,
               uint64_t sample);

  uint32_t NextU32();
  uint64_t NextU64();

  // Returns a number in [0, 1) with 53 random bits.
  double Uniform();
  // Returns a number in [lo, hi); lo if lo == hi.
  double Uniform(double lo, double hi);
  // Returns an unbiased integer in [0, n). CHECKs n >= 1.
  int64_t UniformInt(int64_t n);
  // Returns a normal number of mean 0 and variance 1; takes two uniform
  // numbers.
  double Normal();

 private:
  std::array<uint32_t, 2> key_;
  std::array<uint32_t, 4> counter_;
  std::array<uint32_t, 4> block_{};
  int used_ = 4;  // words of block_ that were returned already
};

// The streams of a step, which a component receives; it adds a purpose and the
// sample's index.
struct Streams {
  uint64_t seed = 0;
  uint64_t step = 0;

  RandomStream Sample(absl::string_view purpose, uint64_t sample) const {
    return RandomStream(seed, purpose, step, sample);
  }
};

}  // namespace caldera::base

#endif  // CALDERA_BASE_RANDOM_STREAM_H_
