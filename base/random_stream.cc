#include "base/random_stream.h"

#include <glog/logging.h>

#include <cmath>

namespace caldera::base {
namespace {

// FNV-1a, 32 bits.
uint32_t Hash(absl::string_view text) {
  uint32_t hash = 2166136261u;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 16777619u;
  }
  return hash;
}

uint32_t Low(uint64_t v) { return static_cast<uint32_t>(v); }
uint32_t High(uint64_t v) { return static_cast<uint32_t>(v >> 32); }

}  // namespace

std::array<uint32_t, 4> Philox4x32(std::array<uint32_t, 4> counter,
                                   std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53} * counter[0];
    const uint64_t b = uint64_t{0xCD9E8D57} * counter[2];
    counter = {High(b) ^ counter[1] ^ key[0], Low(b),
               High(a) ^ counter[3] ^ key[1], Low(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

RandomStream::RandomStream(uint64_t seed, absl::string_view purpose,
                           uint64_t step, uint64_t sample)
    : key_{Low(seed), High(seed)},
      counter_{0, Low(sample), Low(step), Hash(purpose)} {
  if (High(sample) != 0 || High(step) != 0) {
    const auto folded =
        Philox4x32({High(sample), High(step), 0, Hash("fold")}, key_);
    key_ = {folded[0], folded[1]};
  }
}

uint32_t RandomStream::NextU32() {
  if (used_ == 4) {
    block_ = Philox4x32(counter_, key_);
    ++counter_[0];
    used_ = 0;
  }
  return block_[used_++];
}

uint64_t RandomStream::NextU64() {
  const uint64_t low = NextU32();
  return low | uint64_t{NextU32()} << 32;
}

double RandomStream::Uniform() {
  return static_cast<double>(NextU64() >> 11) * 0x1p-53;
}

double RandomStream::Uniform(double lo, double hi) {
  const double value = lo + (hi - lo) * Uniform();
  // Rounding can reach hi.
  return value < hi ? value : lo;
}

int64_t RandomStream::UniformInt(int64_t n) {
  CHECK_GE(n, 1);
  const auto range = static_cast<uint64_t>(n);
  // The 2^64 mod n smallest values are drawn again: the rest is a multiple of
  // n.
  const uint64_t excess = -range % range;
  uint64_t value = NextU64();
  while (value < excess) value = NextU64();
  return static_cast<int64_t>(value % range);
}

double RandomStream::Normal() {
  constexpr double kTwoPi = 6.283185307179586;
  // Box-Muller; 1 - Uniform() is in (0, 1], where the logarithm is finite. The
  // sine half is not kept, so that a stream's state is its counter alone.
  const double radius = std::sqrt(-2 * std::log(1 - Uniform()));
  return radius * std::cos(kTwoPi * Uniform());
}

}  // namespace caldera::base
