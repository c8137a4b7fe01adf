#include "base/random_stream.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace caldera::base {
namespace {

using Words = std::array<uint32_t, 4>;

// Random123's kat_vectors, philox4x32, 10 rounds.
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(Philox4x32({0, 0, 0, 0}, {0, 0}),
            (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                       {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomStream, IsPhiloxOnTheDocumentedCounter) {
  // 0xe40c292c is FNV-1a of "a".
  RandomStream stream(0x1122334455667788, "a", 7, 9);
  for (uint32_t block = 0; block < 3; ++block) {
    const Words expected =
        Philox4x32({block, 9, 7, 0xe40c292c}, {0x55667788, 0x11223344});
    for (const uint32_t word : expected) EXPECT_EQ(stream.NextU32(), word);
  }
}

TEST(RandomStream, EveryBitOfEveryArgumentMatters) {
  std::set<uint64_t> seen;
  const auto first = [](uint64_t seed, const char* purpose, uint64_t step,
                        uint64_t sample) {
    return RandomStream(seed, purpose, step, sample).NextU64();
  };
  seen.insert(first(0, "mask", 0, 0));
  seen.insert(first(0, "augment", 0, 0));
  for (int bit = 0; bit < 64; ++bit) {
    seen.insert(first(uint64_t{1} << bit, "mask", 0, 0));
    seen.insert(first(0, "mask", uint64_t{1} << bit, 0));
    seen.insert(first(0, "mask", 0, uint64_t{1} << bit));
  }
  EXPECT_EQ(seen.size(), 2 + 3 * 64);
}

TEST(RandomStream, DoesNotDependOnOrder) {
  const Streams streams{3, 5};
  std::vector<double> forward, backward(10);
  for (int i = 0; i < 10; ++i) {
    forward.push_back(streams.Sample("x", i).Uniform());
  }
  for (int i = 9; i >= 0; --i) backward[i] = streams.Sample("x", i).Uniform();
  EXPECT_EQ(forward, backward);

  // Interleaved streams give what each gives alone.
  RandomStream a = streams.Sample("x", 0), b = streams.Sample("x", 1);
  std::vector<uint32_t> mixed;
  for (int i = 0; i < 9; ++i) {
    mixed.push_back(a.NextU32());
    b.NextU32();
  }
  RandomStream alone = streams.Sample("x", 0);
  for (const uint32_t word : mixed) EXPECT_EQ(alone.NextU32(), word);
}

TEST(RandomStream, UniformHasItsMoments) {
  constexpr int kCount = 200000;
  double sum = 0, squares = 0;
  for (int i = 0; i < kCount; ++i) {
    // A fresh stream each time: across samples, where it is used most.
    const double u = RandomStream(1, "test", 0, i).Uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
    squares += u * u;
  }
  const double mean = sum / kCount;
  // Five standard errors.
  EXPECT_NEAR(mean, 0.5, 5 * std::sqrt(1. / 12 / kCount));
  EXPECT_NEAR(squares / kCount - mean * mean, 1. / 12,
              5 * std::sqrt(1. / 180 / kCount));
}

TEST(RandomStream, UniformRangeIncludesItsDegenerateCase) {
  RandomStream stream(1, "test", 0, 0);
  EXPECT_EQ(stream.Uniform(2.5, 2.5), 2.5);
  for (int i = 0; i < 1000; ++i) {
    const double u = stream.Uniform(-3, -1);
    EXPECT_GE(u, -3);
    EXPECT_LT(u, -1);
  }
}

TEST(RandomStream, NormalHasItsMoments) {
  constexpr int kCount = 200000;
  RandomStream stream(1, "test", 0, 0);
  double sum = 0, squares = 0, fourth = 0;
  for (int i = 0; i < kCount; ++i) {
    const double x = stream.Normal();
    sum += x;
    squares += x * x;
    fourth += x * x * x * x;
  }
  EXPECT_NEAR(sum / kCount, 0, 5 * std::sqrt(1. / kCount));
  EXPECT_NEAR(squares / kCount, 1, 5 * std::sqrt(2. / kCount));
  EXPECT_NEAR(fourth / kCount, 3, 5 * std::sqrt(96. / kCount));
}

TEST(RandomStream, UniformIntCoversItsRangeEvenly) {
  constexpr int kCount = 70000;
  RandomStream stream(1, "test", 0, 0);
  std::vector<int> count(7);
  for (int i = 0; i < kCount; ++i) ++count.at(stream.UniformInt(7));
  // Chi-square with 6 degrees of freedom: 33 is p = 1e-5.
  double chi = 0;
  for (const int c : count) chi += (c - 1e4) * (c - 1e4) / 1e4;
  EXPECT_LT(chi, 33);
  EXPECT_EQ(stream.UniformInt(1), 0);
  for (int i = 0; i < 100; ++i) {
    const int64_t n = (int64_t{1} << 62) + 1;
    const int64_t v = stream.UniformInt(n);
    EXPECT_GE(v, 0);
    EXPECT_LT(v, n);
  }
}

}  // namespace
}  // namespace caldera::base
