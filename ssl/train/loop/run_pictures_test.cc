#include "ssl/train/loop/run_pictures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace caldera::ssl {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

// Returns the rows of a run that logs twice, and is probed before, between and
// after.
std::vector<json> Rows() {
  const auto logged = [](double epoch, double loss) {
    return json{{"epoch", epoch},        {"loss", loss},
                {"reconstruction", 1.0}, {"reconstruction.weight", 1},
                {"magma", 2.0},          {"magma.weight", 0},
                {"magma.9_10/loss", 2.0}};
  };
  const auto probed = [](double epoch, double top1) {
    return json{{"epoch", epoch},
                {"online.linear_top1", top1},
                {"online.knn_top1", 50.0}};
  };
  return {probed(0.5, 40), logged(1, 3), probed(1.5, 60), logged(2, 1),
          probed(2, 80)};
}

// The plot of a chart reaches from (76, 384) to (700, 44).
TEST(LossChart, ShowsEveryTermAndNoOtherNumber) {
  const std::string chart = LossChart(Rows());
  EXPECT_THAT(chart, HasSubstr(">loss</text>"));
  EXPECT_THAT(chart, HasSubstr(">reconstruction</text>"));
  EXPECT_THAT(chart, HasSubstr(">magma</text>"));
  EXPECT_THAT(chart, Not(HasSubstr("9_10")));
  EXPECT_THAT(chart, Not(HasSubstr("online")));
  EXPECT_THAT(chart, HasSubstr("points=\"76.00,44.00 700.00,384.00\""));
}

TEST(LossChart, RowsWithoutALossAreNoPoints) {
  const std::string chart =
      LossChart({json{{"epoch", 1.0}, {"online.knn_top1", 5.0}}});
  EXPECT_THAT(chart, Not(HasSubstr("<polyline")));
  EXPECT_THAT(chart, Not(HasSubstr("<circle")));
}

TEST(Figure2, HasAPanelForEachWithAllItsPoints) {
  const auto figure = Figure2(Rows(), "magma");
  ASSERT_TRUE(figure.has_value());
  EXPECT_THAT(*figure, HasSubstr("height=\"880\""));
  EXPECT_THAT(*figure, HasSubstr("Regularization loss, unweighted"));
  EXPECT_THAT(*figure, HasSubstr(">linear</text>"));
  EXPECT_THAT(*figure, HasSubstr(">k-NN</text>"));
  EXPECT_THAT(*figure, HasSubstr("115.00,384.00 505.00,214.00 700.00,44.00"));
}

TEST(Figure2, LeavesOutWhatWasNotLogged) {
  const auto probed = Figure2(Rows(), "");
  ASSERT_TRUE(probed.has_value());
  EXPECT_THAT(*probed, HasSubstr("height=\"440\""));
  EXPECT_THAT(*probed, Not(HasSubstr("Regularization")));
  EXPECT_FALSE(Figure2({json{{"epoch", 1.0}, {"loss", 5.0}}}, "magma"));
}

}  // namespace
}  // namespace caldera::ssl
