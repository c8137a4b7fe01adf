#include "magma/manifold_loss.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "magma/manifold_loss_reference.h"
#include "magma/peak_memory.h"

namespace caldera::magma {
namespace {

struct Result {
  at::Tensor loss, dx, dy;
};

template <typename Loss>
Result Differentiate(Loss loss, const at::Tensor& x_in, const at::Tensor& y_in,
                     const ManifoldLossOptions& options) {
  at::Tensor x = x_in.detach().clone().requires_grad_();
  at::Tensor y = y_in.detach().clone().requires_grad_();
  at::Tensor value = loss(x, y, options);
  value.backward();
  return {value.detach(), x.grad(), y.grad()};
}

Result Ours(const at::Tensor& x, const at::Tensor& y,
            const ManifoldLossOptions& options = {}) {
  return Differentiate([](const auto& a, const auto& b,
                          const auto& o) { return ManifoldLoss(a, b, o); },
                       x, y, options);
}

// In double, whatever the type of x and y.
Result Reference(const at::Tensor& x, const at::Tensor& y,
                 const ManifoldLossOptions& options = {}) {
  return Differentiate(ManifoldLossReference, x.to(at::kDouble),
                       y.to(at::kDouble), options);
}

// |a - b| / |b|, 2-norms.
double Error(const at::Tensor& a, const at::Tensor& b) {
  const double norm = b.to(at::kDouble).norm().item<double>();
  return (a.to(at::kDouble) - b.to(at::kDouble)).norm().item<double>() /
         std::max(norm, 1e-300);
}

// Points near a curved sheet of three dimensions: distances vary as much as
// they do in features. Numbers that fp16 holds exactly.
at::Tensor Features(int64_t rows, int64_t width, uint64_t seed) {
  at::manual_seed(seed);
  const auto options = at::TensorOptions().dtype(at::kDouble);
  const at::Tensor latent = at::randn({rows, 3}, options);
  const at::Tensor bent = at::cat({latent, latent.sin(), latent.square()}, 1);
  return (at::matmul(bent, at::randn({9, width}, options)) +
          at::randn({rows, width}, options) * 0.1)
      .to(at::kHalf)
      .to(at::kDouble);
}

bool AllFinite(const Result& result) {
  return result.loss.isfinite().item<bool>() &&
         result.dx.isfinite().all().item<bool>() &&
         result.dy.isfinite().all().item<bool>();
}

struct Case {
  std::string name = "";
  int64_t rows = 16, x_width = 12, y_width = 12;
  double offset = 0, scale = 1;
  bool duplicates = false;
  ManifoldLossOptions options;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

std::pair<at::Tensor, at::Tensor> Inputs(const Case& c) {
  at::Tensor x = Features(c.rows, c.x_width, 1);
  at::Tensor y = Features(c.rows, c.y_width, 2);
  if (c.duplicates) {
    x[1].copy_(x[0]);
    x[5].copy_(x[2]);
    x[6].copy_(x[2]);
  }
  return {x * c.scale + c.offset, y * c.scale + c.offset};
}

ManifoldLossOptions Scale(double s) {
  ManifoldLossOptions options;
  options.rbf_scale = s;
  return options;
}

ManifoldLossOptions Fixed(double gamma, double s = 1) {
  ManifoldLossOptions options = Scale(s);
  options.fixed_gamma = gamma;
  return options;
}

class AgreementTest : public ::testing::TestWithParam<Case> {};

TEST_P(AgreementTest, WithReferenceInDouble) {
  const auto [x, y] = Inputs(GetParam());
  const Result ours = Ours(x, y, GetParam().options);
  const Result expected = Reference(x, y, GetParam().options);
  // An offset costs the digits that it takes from the features.
  const double tolerance = GetParam().offset > 100 ? 1e-8 : 1e-11;
  EXPECT_LT(Error(ours.loss, expected.loss), tolerance);
  EXPECT_LT(Error(ours.dx, expected.dx), tolerance);
  EXPECT_LT(Error(ours.dy, expected.dy), tolerance);
}

TEST_P(AgreementTest, InFloatWithReferenceInDouble) {
  if (GetParam().offset > 100) GTEST_SKIP() << "beyond fp32";
  auto [x, y] = Inputs(GetParam());
  x = x.to(at::kFloat);
  y = y.to(at::kFloat);
  const Result ours = Ours(x, y, GetParam().options);
  const Result expected = Reference(x, y, GetParam().options);
  EXPECT_EQ(ours.loss.scalar_type(), at::kFloat);
  EXPECT_LT(Error(ours.loss, expected.loss), 1e-5);
  EXPECT_LT(Error(ours.dx, expected.dx), 1e-5);
  EXPECT_LT(Error(ours.dy, expected.dy), 1e-5);
}

TEST_P(AgreementTest, GradientsAreTranslationAndScaleInvariant) {
  const auto [x, y] = Inputs(GetParam());
  const at::Tensor dx = Ours(x, y, GetParam().options).dx;
  const double norm = dx.norm().item<double>();
  EXPECT_LT(dx.sum(0).norm().item<double>(), 1e-11 * norm);
  if (GetParam().options.fixed_gamma.has_value() ||
      GetParam().options.detach_bandwidth) {
    return;
  }
  EXPECT_LT(std::abs((dx * x).sum().item<double>()),
            1e-11 * norm * x.norm().item<double>());
}

TEST_P(AgreementTest, GradientsAreCentralDifferences) {
  const Case& c = GetParam();
  if (c.offset > 100) GTEST_SKIP() << "differences lose too many digits";
  if (c.options.detach_bandwidth) GTEST_SKIP() << "not the loss's derivative";
  auto [x, y] = Inputs(c);
  const Result ours = Ours(x, y, c.options);
  const double step = 1e-5 * c.scale;
  const auto check = [&](at::Tensor& moved, const at::Tensor& gradient,
                         const char* name) {
    const double scale = gradient.abs().max().item<double>();
    for (int64_t k = 0; k < 12; ++k) {
      // Rows 0 to 6 may have duplicates, which moving them would part.
      const int64_t row = c.rows - 1 - k % std::min<int64_t>(4, c.rows);
      const int64_t column = (5 * k) % moved.size(1);
      const double start = moved[row][column].item<double>();
      moved[row][column].fill_(start + step);
      const double above = ManifoldLoss(x, y, c.options).item<double>();
      moved[row][column].fill_(start - step);
      const double below = ManifoldLoss(x, y, c.options).item<double>();
      moved[row][column].fill_(start);
      EXPECT_NEAR((above - below) / (2 * step),
                  gradient[row][column].item<double>(), 1e-6 * scale)
          << name << "[" << row << "][" << column << "]";
    }
  };
  check(x, ours.dx, "dx");
  check(y, ours.dy, "dy");
}

// Batches of 64 run in fp32 where x and y are fp32; those of 16 do not.
INSTANTIATE_TEST_SUITE_P(
    Published, AgreementTest,
    ::testing::Values(
        Case{"B3", 3, 4, 4}, Case{"B8D192", 8, 192, 192}, Case{"B16"},
        Case{"B64D48", 64, 48, 48}, Case{"OddWidths", 64, 13, 21},
        Case{"D1", 64, 1, 1}, Case{"Offset10", 64, 12, 12, 10},
        Case{"Offset10Wide", 64, 192, 192, 10},
        Case{"Offset10000", 16, 12, 12, 1e4}, Case{"Tiny", 64, 12, 12, 0, 1e-4},
        Case{"Large", 64, 12, 12, 0, 1e3},
        Case{"Duplicates", 64, 12, 12, 0, 1, true},
        Case{"DuplicatesOfFew", 16, 12, 12, 0, 1, true},
        Case{"DuplicatesWithOffset", 64, 192, 12, 10, 1, true},
        Case{"Scale05", 64, 12, 12, 0, 1, false, Scale(0.5)},
        Case{"Scale3", 64, 12, 12, 0, 1, false, Scale(3)},
        Case{"Fixed", 64, 12, 12, 0, 1, false, Fixed(40)},
        Case{"FixedB3", 3, 12, 12, 0, 1, false, Fixed(40)},
        Case{"FixedScale3", 64, 12, 12, 10, 1, true, Fixed(90, 3)}),
    [](const auto& info) { return info.param.name; });

// Every bandwidth, learned and detached, with every Laplacian, dense and
// sparse, each on odd and even batches with and without duplicates.
std::vector<Case> AllOptions() {
  const std::vector<std::pair<std::string, BandwidthKind>> bandwidths = {
      {"Std", BandwidthKind::kBatchStd},
      {"Mean", BandwidthKind::kBatchMean},
      {"Median", BandwidthKind::kMedian},
      {"Neighbours", BandwidthKind::kNearestNeighbours}};
  const std::vector<std::pair<std::string, LaplacianKind>> laplacians = {
      {"Symmetric", LaplacianKind::kSymmetric},
      {"Unnormalized", LaplacianKind::kUnnormalized},
      {"RandomWalk", LaplacianKind::kRandomWalk}};
  std::vector<Case> cases;
  for (const auto& [bandwidth_name, bandwidth] : bandwidths) {
    for (const auto& [laplacian_name, laplacian] : laplacians) {
      for (const bool detached : {false, true}) {
        for (const int64_t neighbours : {0, 4}) {
          Case c;
          c.name = bandwidth_name + laplacian_name +
                   (detached ? "Detached" : "") + (neighbours ? "Sparse" : "");
          c.options.bandwidth = bandwidth;
          c.options.bandwidth_neighbours = 3;
          c.options.detach_bandwidth = detached;
          c.options.kernel_neighbours = neighbours;
          c.options.laplacian = laplacian;
          c.options.rbf_scale = 0.7;
          c.rows = 40 + static_cast<int64_t>(cases.size()) % 2;
          c.duplicates = cases.size() % 4 < 2;
          c.offset = cases.size() % 3;
          cases.push_back(c);
        }
      }
    }
  }
  Case fixed = {"FixedRandomWalkSparse", 40};
  fixed.options = Fixed(50);
  fixed.options.laplacian = LaplacianKind::kRandomWalk;
  fixed.options.kernel_neighbours = 4;
  cases.push_back(fixed);
  Case beyond = {"MoreNeighboursThanRows", 7};
  beyond.options.bandwidth = BandwidthKind::kNearestNeighbours;
  beyond.options.bandwidth_neighbours = 100;
  beyond.options.kernel_neighbours = 100;
  cases.push_back(beyond);
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Options, AgreementTest,
                         ::testing::ValuesIn(AllOptions()),
                         [](const auto& info) { return info.param.name; });

TEST(ManifoldLossTest, DetachedReferenceGetsNoGradient) {
  ManifoldLossOptions options;
  options.detach_reference = true;
  at::Tensor x = Features(16, 12, 1).requires_grad_();
  at::Tensor y = Features(16, 12, 2).requires_grad_();
  ManifoldLoss(x, y, options).backward();
  EXPECT_FALSE(x.grad().defined());
  EXPECT_LT(Error(y.grad(), Ours(x, y).dy), 1e-15);
}

TEST(ManifoldLossTest, PermutingTheBatchPermutesTheGradients) {
  const at::Tensor x = Features(16, 12, 1), y = Features(16, 12, 2);
  const at::Tensor order = at::randperm(16);
  const Result plain = Ours(x, y);
  const Result permuted =
      Ours(x.index_select(0, order), y.index_select(0, order));
  EXPECT_LT(Error(permuted.loss, plain.loss), 1e-13);
  EXPECT_LT(Error(permuted.dx, plain.dx.index_select(0, order)), 1e-12);
  EXPECT_LT(Error(permuted.dy, plain.dy.index_select(0, order)), 1e-12);
}

TEST(ManifoldLossTest, ScalingXChangesNothingScalingYSquares) {
  for (const double factor : {1e-18, 1e-4, 7.0, 1e15}) {
    const at::Tensor x = Features(16, 12, 1).to(at::kFloat);
    const at::Tensor y = Features(16, 12, 2).to(at::kFloat);
    const Result plain = Ours(x, y);
    const Result wide = Ours(x * factor, y);
    EXPECT_LT(Error(wide.loss, plain.loss), 1e-5) << factor;
    EXPECT_LT(Error(wide.dx * factor, plain.dx), 1e-5) << factor;
    const Result tall = Ours(x, y * factor);
    EXPECT_LT(Error(tall.loss / factor / factor, plain.loss), 1e-5) << factor;
    EXPECT_LT(Error(tall.dx / factor / factor, plain.dx), 1e-5) << factor;
    EXPECT_LT(Error(tall.dy / factor, plain.dy), 1e-5) << factor;
  }
}

// Features as wide as a ViT-B's, an offset of ten times their spread.
TEST(ManifoldLossTest, OffsetCostsLittleInFloat) {
  const at::Tensor x = (at::randn({256, 768}) + Features(256, 768, 3) + 30);
  const at::Tensor y = (Features(256, 768, 4) + 30);
  const Result ours = Ours(x.to(at::kFloat), y.to(at::kFloat));
  // The closed form in double stands in for the reference, which agrees with
  // it to 1e-11 and would take gigabytes here.
  const Result expected =
      Ours(x.to(at::kFloat).to(at::kDouble), y.to(at::kFloat).to(at::kDouble));
  EXPECT_LT(Error(ours.dx, expected.dx), 1e-5);
  EXPECT_LT(Error(ours.dy, expected.dy), 1e-5);
}

TEST(ManifoldLossTest, HalfPrecisionIsComputedInFloat) {
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16}) {
    const at::Tensor x = Features(32, 24, 1).to(type);
    const at::Tensor y = Features(32, 24, 2).to(type);
    const Result half = Ours(x, y);
    const Result single = Ours(x.to(at::kFloat), y.to(at::kFloat));
    EXPECT_EQ(half.loss.scalar_type(), at::kFloat);
    EXPECT_EQ(half.dx.scalar_type(), type);
    EXPECT_EQ(half.dy.scalar_type(), type);
    EXPECT_TRUE(half.loss.equal(single.loss));
    EXPECT_TRUE(half.dx.equal(single.dx.to(type)));
    EXPECT_TRUE(half.dy.equal(single.dy.to(type)));
  }
}

TEST(ManifoldLossTest, AutocastDoesNotReachIt) {
  const at::Tensor x = Features(32, 24, 1).to(at::kFloat);
  const at::Tensor y = Features(32, 24, 2).to(at::kFloat);
  const Result plain = Ours(x, y);
  at::autocast::set_autocast_enabled(at::kCPU, true);
  const Result cast = Ours(x, y);
  at::autocast::set_autocast_enabled(at::kCPU, false);
  at::autocast::clear_cache();
  EXPECT_TRUE(cast.loss.equal(plain.loss));
  EXPECT_TRUE(cast.dx.equal(plain.dx));
}

TEST(ManifoldLossTest, TransposedAndStridedFeatures) {
  const at::Tensor x = Features(16, 24, 1), y = Features(16, 24, 2);
  const Result plain = Ours(x, y);
  const at::Tensor transposed = x.t().contiguous().t();
  const at::Tensor strided = at::stack({y, y * 3}, 2).select(2, 0);
  EXPECT_TRUE(ManifoldLoss(transposed, strided, {}).equal(plain.loss));
}

TEST(ManifoldLossTest, OuterGradientMultiplies) {
  const at::Tensor x = Features(16, 12, 1), y = Features(16, 12, 2);
  const Result plain = Ours(x, y);
  at::Tensor leaf = x.clone().requires_grad_();
  (ManifoldLoss(leaf, y, {}) * 2.5).backward();
  EXPECT_LT(Error(leaf.grad(), plain.dx * 2.5), 1e-15);
}

TEST(ManifoldLossTest, XAndYMayBeTheSameTensor) {
  const at::Tensor x = Features(16, 12, 1);
  at::Tensor leaf = x.clone().requires_grad_();
  ManifoldLoss(leaf, leaf, {}).backward();
  const Result apart = Ours(x, x);
  EXPECT_LT(Error(leaf.grad(), apart.dx + apart.dy), 1e-14);
}

TEST(ManifoldLossTest, SecondDerivativeIsRefused) {
  at::Tensor x = Features(16, 12, 1).requires_grad_();
  at::Tensor y = Features(16, 12, 2).requires_grad_();
  const at::Tensor loss = ManifoldLoss(x, y, {});
  for (const at::Tensor& variable : {x, y}) {
    const at::Tensor gradient =
        torch::autograd::grad({loss}, {variable}, {}, /*retain_graph=*/true,
                              /*create_graph=*/true)[0];
    EXPECT_LT(Error(gradient.detach(),
                    variable.equal(x) ? Ours(x, y).dx : Ours(x, y).dy),
              1e-15);
    try {
      gradient.square().sum().backward();
      FAIL() << "no error";
    } catch (const c10::Error& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr("no second derivative"));
    }
  }
}

TEST(ManifoldLossTest, KeepsNoMatrixAndAtMostFourAtOnce) {
  const int64_t batch = 512, matrix = batch * batch * 4;
  at::Tensor x = at::randn({batch, 8}).requires_grad_();
  at::Tensor y = at::randn({batch, 8}).requires_grad_();
  PeakMemory forward;
  at::Tensor loss = ManifoldLoss(x, y, {});
  EXPECT_LT(forward.bytes(), 4.2 * matrix);  // and rows of width 8
  PeakMemory backward;
  loss.backward();
  EXPECT_LT(backward.bytes(), matrix / 2);
}

TEST(ManifoldLossTest, WithoutGradientsFewerMatrices) {
  const int64_t batch = 512, matrix = batch * batch * 4;
  const at::Tensor x = at::randn({batch, 8}), y = at::randn({batch, 8});
  PeakMemory memory;
  EXPECT_FALSE(ManifoldLoss(x, y, {}).requires_grad());
  EXPECT_LT(memory.bytes(), 3.2 * matrix);
}

TEST(DegenerateTest, OneRow) {
  const Result result = Ours(at::randn({1, 5}), at::randn({1, 5}));
  EXPECT_EQ(result.loss.item<double>(), 0);
  EXPECT_EQ(result.dx.abs().sum().item<double>(), 0);
  EXPECT_EQ(result.dy.abs().sum().item<double>(), 0);
}

TEST(DegenerateTest, TwoRowsHaveNoBandwidthAndGiveTheNorm) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const at::Tensor y = at::randn({2, 5}).to(type);
    const Result result = Ours(at::randn({2, 5}).to(type), y);
    EXPECT_LT(Error(result.loss, y.square().sum() / 4), 1e-6);
    EXPECT_EQ(result.dx.abs().sum().item<double>(), 0);
    EXPECT_LT(Error(result.dy, y / 2), 1e-6);
  }
}

// The floor of the degrees is all that makes the loss depend on x.
TEST(DegenerateTest, TwoRowsWithAFixedBandwidth) {
  const at::Tensor x = Features(2, 5, 1), y = Features(2, 5, 2);
  const Result ours = Ours(x, y, Fixed(40));
  const Result expected = Reference(x, y, Fixed(40));
  EXPECT_LT(Error(ours.loss, expected.loss), 1e-12);
  EXPECT_LT(Error(ours.dx, expected.dx), 1e-9);
  EXPECT_LT(Error(ours.dy, expected.dy), 1e-12);
}

TEST(DegenerateTest, AllRowsEqualHaveAFullKernel) {
  for (const auto& [batch, type] :
       {std::make_pair(8, at::kFloat), std::make_pair(48, at::kFloat),
        std::make_pair(48, at::kDouble)}) {
    for (const double value : {0.0, 0.1, 1e-20, 3e18}) {
      const at::Tensor x = at::full({batch, 5}, value).to(type);
      const at::Tensor y = at::randn({batch, 5}).to(type);
      ManifoldDiagnostics diagnostics;
      ManifoldLoss(x, y, {}, &diagnostics);
      EXPECT_EQ(diagnostics.mean_kernel.item<double>(), 1);
      const Result result = Ours(x, y);
      // S = (1 1^T - I) / (B - 1 + 1e-4)
      const double degree = batch - 1 + kDegreeFloor;
      const at::Tensor lap_y = y - (y.sum(0, true) - y) / degree;
      EXPECT_LT(Error(result.loss, (y * lap_y).sum() / double(batch * batch)),
                1e-6);
      EXPECT_LT(Error(result.dy, lap_y * (2.0 / (batch * batch))), 1e-6);
      EXPECT_EQ(result.dx.abs().sum().item<double>(), 0);
    }
  }
}

TEST(DegenerateTest, TwoEqualRowsAmongEquidistantOnes) {
  // Three corners of a simplex, the first one twice: gamma is 0.
  const at::Tensor x =
      at::eye(4, at::kFloat)
          .index_select(0, at::tensor({0, 0, 1, 2}, at::kLong));
  const at::Tensor y = at::randn({4, 6});
  ManifoldDiagnostics diagnostics;
  ManifoldLoss(x, y, {}, &diagnostics);
  EXPECT_FLOAT_EQ(diagnostics.mean_kernel.item<float>(), 2.0 / 12);
  const Result result = Ours(x, y);
  EXPECT_TRUE(AllFinite(result));
  EXPECT_EQ(result.dx.abs().sum().item<double>(), 0);
}

TEST(DegenerateTest, ZeroRows) {
  const at::Tensor y = Features(48, 6, 2).to(at::kFloat);
  at::Tensor x = Features(48, 6, 1).to(at::kFloat);
  x[2].zero_();
  x[5].zero_().neg_();  // -0 equals 0
  const Result result = Ours(x, y);
  const Result expected = Reference(x, y);
  EXPECT_LT(Error(result.loss, expected.loss), 1e-5);
  EXPECT_LT(Error(result.dx, expected.dx), 1e-5);
  const Result nothing = Ours(x, at::zeros_like(y));
  EXPECT_EQ(nothing.loss.item<double>(), 0);
  EXPECT_TRUE(AllFinite(nothing));
}

TEST(DegenerateTest, OneHugeRow) {
  for (const int64_t batch : {8, 48}) {
    for (const double huge : {1e6, 1e15, 1e30, 3e38}) {
      const at::Tensor y = Features(batch, 6, 2).to(at::kFloat);
      at::Tensor x = Features(batch, 6, 1).to(at::kFloat);
      x[3].mul_(huge / x[3].abs().max());
      EXPECT_TRUE(AllFinite(Ours(x, y))) << huge;
      if (huge > 1e15) continue;  // the loss itself would overflow
      EXPECT_TRUE(AllFinite(Ours(y, x))) << huge;
    }
  }
}

TEST(DegenerateTest, ExtremeFixedBandwidths) {
  for (const int64_t batch : {8, 48}) {
    for (const double gamma : {1e-300, 1e-30, 1e30, 1e300}) {
      for (const double scale : {1e-18, 1.0, 1e15}) {
        at::Tensor x = Features(batch, 6, 1).to(at::kFloat) * scale;
        x[1].copy_(x[0]);
        const at::Tensor y = Features(batch, 6, 2).to(at::kFloat);
        EXPECT_TRUE(AllFinite(Ours(x, y, Fixed(gamma))))
            << gamma << " " << scale;
      }
    }
  }
}

TEST(DegenerateTest, EveryOptionIsFinite) {
  for (Case c : AllOptions()) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
      for (const int64_t batch : {1, 2, 3, 48}) {
        const at::Tensor y = Features(batch, 6, 2).to(type);
        at::Tensor x = Features(batch, 6, 1).to(type);
        EXPECT_TRUE(AllFinite(Ours(x, y, c.options))) << c.name << batch;
        const Result equal = Ours(at::full_like(x, 0.1), y, c.options);
        EXPECT_TRUE(AllFinite(equal)) << c.name << batch;
        EXPECT_EQ(equal.dx.abs().sum().item<double>(), 0) << c.name << batch;
        x[0].mul_(1e6);
        EXPECT_TRUE(AllFinite(Ours(x, y, c.options))) << c.name << batch;
        x.zero_()[0].fill_(1);  // one row apart from the others
        EXPECT_TRUE(AllFinite(Ours(x, y, c.options))) << c.name << batch;
      }
    }
  }
}

TEST(DegenerateTest, NanAndInfinityComeOutAsNan) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const int64_t batch : {1, 2, 8, 48}) {
    for (const double bad : {kNan, kInfinity, -kInfinity}) {
      for (const bool in_x : {true, false}) {
        at::Tensor x = at::randn({batch, 5}), y = at::randn({batch, 5});
        (in_x ? x : y)[batch - 1][2].fill_(bad);
        const Result result = Ours(x, y);
        EXPECT_TRUE(std::isnan(result.loss.item<double>()));
        EXPECT_TRUE(result.dx.isnan().all().item<bool>());
        EXPECT_TRUE(result.dy.isnan().all().item<bool>());
      }
    }
  }
  // Rows that are equal, and NaN: their distance is not 0.
  const at::Tensor nan = at::full({4, 5}, kNan);
  EXPECT_TRUE(
      std::isnan(ManifoldLoss(nan, at::randn({4, 5}), {}).item<double>()));
}

TEST(DiagnosticsTest, AreThoseOfTheKernel) {
  const at::Tensor x = Features(16, 12, 1), y = Features(16, 12, 2);
  ManifoldDiagnostics diagnostics;
  const at::Tensor with = ManifoldLoss(x, y, {}, &diagnostics);
  EXPECT_TRUE(with.equal(ManifoldLoss(x, y, {})));
  const at::Tensor d = (x.unsqueeze(1) - x.unsqueeze(0)).pow(2).sum(2);
  const at::Tensor gamma = d.masked_select(d != 0).std(/*unbiased=*/true);
  const at::Tensor w = (-d / gamma).exp() - at::eye(16, x.options());
  EXPECT_LT(Error(diagnostics.bandwidth, gamma), 1e-12);
  EXPECT_LT(Error(diagnostics.mean_degree, w.sum(1).mean()), 1e-12);
  EXPECT_LT(Error(diagnostics.min_degree, w.sum(1).min()), 1e-12);
  EXPECT_LT(Error(diagnostics.mean_kernel, w.sum() / (16.0 * 15)), 1e-12);
  EXPECT_EQ(diagnostics.share_below_floor.item<double>(), 0);
  EXPECT_LT(Error(diagnostics.effective_neighbours,
                  (w.sum(1).square() / w.square().sum(1)).mean()),
            1e-12);
  for (const auto& [features, rank] :
       {std::make_pair(x, diagnostics.effective_rank_x),
        std::make_pair(y, diagnostics.effective_rank_y)}) {
    const at::Tensor centred = features - features.mean(0, true);
    const at::Tensor covariance = at::matmul(centred.t(), centred);
    EXPECT_LT(
        Error(rank, covariance.trace().square() / covariance.square().sum()),
        1e-12);
  }
}

TEST(DiagnosticsTest, CountDirectionsAndNeighbours) {
  // The corners of a cube: three directions of the same variance.
  at::Tensor cube = at::empty({8, 3});
  for (int64_t i = 0; i < 8; ++i) {
    for (int64_t k = 0; k < 3; ++k) cube[i][k] = (i >> k) & 1;
  }
  ManifoldDiagnostics diagnostics;
  ManifoldLoss(cube, at::ones({8, 2}), Fixed(1e6), &diagnostics);
  EXPECT_NEAR(diagnostics.effective_rank_x.item<double>(), 3, 1e-5);
  EXPECT_EQ(diagnostics.effective_rank_y.item<double>(), 0);
  EXPECT_NEAR(diagnostics.effective_neighbours.item<double>(), 7, 1e-3);
}

TEST(DiagnosticsTest, ShowTheCollapseOfIsotropicFeatures) {
  const at::Tensor x = at::randn({64, 768}), y = at::randn({64, 32});
  ManifoldDiagnostics diagnostics;
  const at::Tensor loss = ManifoldLoss(x, y, {}, &diagnostics);
  EXPECT_LT(diagnostics.mean_degree.item<double>(), kDegreeFloor);
  EXPECT_GT(diagnostics.share_below_floor.item<double>(), 0.9);
  // A plain norm penalty, as the header warns.
  EXPECT_LT(Error(loss, y.square().sum() / (64.0 * 64)), 0.05);
  for (const BandwidthKind kind :
       {BandwidthKind::kBatchMean, BandwidthKind::kMedian,
        BandwidthKind::kNearestNeighbours}) {
    ManifoldLossOptions options;
    options.bandwidth = kind;
    ManifoldLoss(x, y, options, &diagnostics);
    EXPECT_GT(diagnostics.mean_degree.item<double>(), 1);
  }
}

TEST(ManifoldLossTest, RefusesWhatIsNoPairOfFeatures) {
  const at::Tensor x = at::randn({4, 3});
  EXPECT_THROW(ManifoldLoss(x, at::randn({5, 3}), {}), c10::Error);
  EXPECT_THROW(ManifoldLoss(x, at::randn({4, 3, 2}), {}), c10::Error);
  EXPECT_THROW(ManifoldLoss(x, at::empty({4, 0}), {}), c10::Error);
  EXPECT_THROW(ManifoldLoss(at::empty({0, 3}), at::empty({0, 3}), {}),
               c10::Error);
  EXPECT_THROW(ManifoldLoss(x, x.to(at::kLong), {}), c10::Error);
  EXPECT_THROW(ManifoldLoss(x, x, Scale(0)), c10::Error);
  EXPECT_THROW(ManifoldLoss(x, x, Fixed(-1)), c10::Error);
  ManifoldLossOptions options;
  options.bandwidth_neighbours = 0;
  EXPECT_THROW(ManifoldLoss(x, x, options), c10::Error);
}

}  // namespace
}  // namespace caldera::magma
