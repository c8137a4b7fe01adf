// Counter-based random numbers (Philox4x32-10, Salmon et al. 2011). A stream is
// a pure function of (seed, purpose, step, sample): what an image draws does
// not depend on threads, its place in the batch, or where a run was resumed.
//
//   RandomStream stream(seed, "augment", epoch, index);
//   if (stream.Uniform() < 0.5) Flip();
//
// Key = seed. Counter = {block, low half of sample, low half of step, FNV-1a
// hash of purpose}. A high half of sample or step that is not zero is folded
// into the key by one more Philox call, so all 64 bits matter.
//
// Caveats: purposes are told apart by a 32-bit hash, so keep them few and
// literal. A stream has 2^34 32-bit numbers (2^32 blocks of 4) before it
// repeats. Normal() goes through libm: equal on one machine, to rounding across
// others.
#ifndef CALDERA_BASE_RANDOM_STREAM_H_
#define CALDERA_BASE_RANDOM_STREAM_H_

#include <array>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace caldera::base {

// The bare generator: ten rounds on a 128-bit counter with a 64-bit key. Word 0
// is the least significant one, as in Random123.
std::array<uint32_t, 4> Philox4x32(std::array<uint32_t, 4> counter,
                                   std::array<uint32_t, 2> key);

class RandomStream {
 public:
  RandomStream(uint64_t seed, absl::string_view purpose, uint64_t step,
               uint64_t sample);

  uint32_t NextU32();
  uint64_t NextU64();

  // In [0, 1), 53 random bits.
  double Uniform();
  // In [lo, hi); lo where lo == hi.
  double Uniform(double lo, double hi);
  // In [0, n), unbiased. CHECKs n >= 1.
  int64_t UniformInt(int64_t n);
  // Mean 0, variance 1. Takes two uniform numbers.
  double Normal();

 private:
  std::array<uint32_t, 2> key_;
  std::array<uint32_t, 4> counter_;
  std::array<uint32_t, 4> block_{};
  int used_ = 4;  // words of block_ already given out
};

// What a component gets to draw from within one step: it adds a purpose and
// the sample's index.
struct Streams {
  uint64_t seed = 0;
  uint64_t step = 0;

  RandomStream Sample(absl::string_view purpose, uint64_t sample) const {
    return RandomStream(seed, purpose, step, sample);
  }
};

}  // namespace caldera::base

#endif  // CALDERA_BASE_RANDOM_STREAM_H_
