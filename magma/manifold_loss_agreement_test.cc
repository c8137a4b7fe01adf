// Compares the closed form with the slow reference and with central
// differences, for every option.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "magma/manifold_loss.h"
#include "magma/manifold_loss_testing.h"

namespace caldera::magma {
namespace {

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

class AgreementTest : public ::testing::TestWithParam<Case> {};

TEST_P(AgreementTest, WithReferenceInDouble) {
  const auto [x, y] = Inputs(GetParam());
  const Result ours = Ours(x, y, GetParam().options);
  const Result expected = Reference(x, y, GetParam().options);
  // An offset costs as many digits as it takes from the features.
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
  std::pair<at::Tensor, at::Tensor> inputs = Inputs(c);
  at::Tensor& x = inputs.first;
  at::Tensor& y = inputs.second;
  const Result ours = Ours(x, y, c.options);
  const double step = 1e-5 * c.scale;
  const auto check = [&](at::Tensor& moved, const at::Tensor& gradient,
                         const char* name) {
    const double scale = gradient.abs().max().item<double>();
    for (int64_t k = 0; k < 12; ++k) {
      // Rows 0 to 6 may have duplicates, from which a step would separate them.
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

// Every option runs on odd and even batches, with and without duplicates.
std::vector<Case> OptionCases() {
  std::vector<Case> cases;
  for (const NamedOptions& named : AllOptions()) {
    Case c = {named.name};
    c.options = named.options;
    c.rows = 40 + static_cast<int64_t>(cases.size()) % 2;
    c.duplicates = cases.size() % 4 < 2;
    c.offset = static_cast<double>(cases.size() % 3);
    cases.push_back(c);
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Options, AgreementTest,
                         ::testing::ValuesIn(OptionCases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace caldera::magma
