#include "base/draw/line_chart.h"

#include <limits>
#include <string>
#include <vector>

#include "base/draw/axis_ticks.h"
#include "gtest/gtest.h"

namespace caldera::base {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

int Count(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + part.size())) {
    ++count;
  }
  return count;
}

std::string Chart(const std::vector<Series>& series) {
  return LineChartSvg("title", "epoch", "loss", series);
}

// No number of the drawing may be one.
void ExpectNoNan(const std::string& svg) {
  EXPECT_EQ(svg.find("nan"), std::string::npos) << svg;
  EXPECT_EQ(svg.find("inf"), std::string::npos) << svg;
}

TEST(LineChartTest, DrawsOneLineASeriesFromCornerToCorner) {
  const std::string svg =
      Chart({{"MAE", {0, 10}, {0, 1}}, {"M-MAE", {0, 5, 10}, {1, 0.5, 0}}});
  EXPECT_EQ(Count(svg, "<polyline"), 2);
  // The plot reaches from (76, 384) to (700, 44).
  EXPECT_NE(svg.find("points=\"76.00,384.00 700.00,44.00\""), std::string::npos)
      << svg;
  EXPECT_NE(svg.find(">M-MAE</text>"), std::string::npos);
  EXPECT_NE(svg.find(">epoch</text>"), std::string::npos);
}

TEST(LineChartTest, PointsThatAreNotFiniteBreakTheLine) {
  const std::string svg =
      Chart({{"a", {0, 1, 2, 3, 4, kNan, 6}, {1, 2, kNan, 3, 4, 5, kInf}}});
  EXPECT_EQ(Count(svg, "<polyline"), 2);
  ExpectNoNan(svg);
}

TEST(LineChartTest, ABroadCurveIsPaleInPlotAndLegend) {
  Series sum = {"loss", {0, 1}, {1, 2}};
  sum.broad = true;
  const std::string svg = Chart({sum, {"part", {0, 1}, {1, 2}}});
  EXPECT_EQ(Count(svg, "stroke-width=\"8\" stroke-opacity=\"0.4\""), 2);
  EXPECT_EQ(Count(svg, "stroke-width=\"2\""), 2);
}

TEST(LineChartTest, TheLegendAvoidsTheCurves) {
  const auto legend_at = [](const std::vector<Series>& series) {
    const std::string svg = Chart(series);
    const size_t box = svg.find("<rect x=\"");
    return svg.substr(box + 9, svg.find("width", box) - box - 11);
  };
  // One name of 1 character: a box of 53.2 x 26.
  const Series falling = {"a", {0, 1, 2, 3}, {9, 2, 1, 0}};
  const Series rising = {"a", {0, 1, 2, 3}, {0, 1, 2, 9}};
  EXPECT_EQ(legend_at({falling}), "638.8\" y=\"52.0");
  EXPECT_EQ(legend_at({rising}), "84.0\" y=\"52.0");
  Series everywhere_above = {"a", {}, {}};
  for (int i = 0; i <= 100; ++i) {
    everywhere_above.x.push_back(i);
    everywhere_above.y.push_back(i == 50 ? 0 : 9);
  }
  EXPECT_EQ(legend_at({everywhere_above}), "638.8\" y=\"350.0");
}

TEST(LineChartTest, TicksDotsAndZeroAreTheCallers) {
  LineChartStyle style;
  style.x_ticks = {{5, 6, 8}, {"32", "64", "256"}};
  style.from_zero = style.dots = true;
  const std::string svg = LineChartSvg("t", "batch", "img/s",
                                       {{"a", {5, 6, 8}, {4, 8, 10}}}, style);
  EXPECT_EQ(Count(svg, "<circle"), 3);
  // 0 to 10 is 340 pixels high, 5 to 8 are 624 wide.
  EXPECT_NE(svg.find("points=\"76.00,248.00 284.00,112.00 700.00,44.00\""),
            std::string::npos)
      << svg;
  for (const char* label : {">32<", ">64<", ">256<"}) {
    EXPECT_EQ(Count(svg, label), 1) << label;
  }
}

TEST(LineChartTest, ASinglePointIsADot) {
  const std::string svg = Chart({{"a", {3}, {7}}});
  EXPECT_EQ(Count(svg, "<circle"), 1);
  ExpectNoNan(svg);
}

TEST(LineChartTest, ConstantEmptyAndHugeSeriesStayFinite) {
  ExpectNoNan(Chart({}));
  ExpectNoNan(Chart({{"a", {}, {}}}));
  ExpectNoNan(Chart({{"a", {kNan}, {1}}}));
  ExpectNoNan(Chart({{"a", {1, 2, 3}, {0, 0, 0}}}));
  ExpectNoNan(Chart({{"a", {5, 5}, {-2.5, -2.5}}}));
  ExpectNoNan(Chart({{"a", {0, 1}, {-1e308, 1e308}}}));
  ExpectNoNan(Chart({{"a", {0, 1, 2}, {1}}}));
}

TEST(LineChartTest, TextIsEscaped) {
  const std::string svg = LineChartSvg(
      "<b>&\"'\x01", "x<", "y>", {{"<script>alert(1)</script>", {0}, {0}}});
  EXPECT_EQ(svg.find("<script"), std::string::npos);
  EXPECT_EQ(svg.find("<b>"), std::string::npos);
  EXPECT_EQ(svg.find('\x01'), std::string::npos);
  EXPECT_NE(svg.find("&lt;b&gt;&amp;&quot;&#39;"), std::string::npos);
}

TEST(LineChartTest, NinthSeriesIsDashed) {
  std::vector<Series> series(9, Series{"s", {0, 1}, {0, 1}});
  EXPECT_EQ(Count(Chart(series), "stroke-dasharray"), 2);  // line and legend
  series.pop_back();
  EXPECT_EQ(Count(Chart(series), "stroke-dasharray"), 0);
}

TEST(StackChartsTest, PutsEachBelowTheOneBefore) {
  const std::string one = Chart({{"a", {3}, {7}}}), two = Chart({});
  const std::string svg = StackCharts({one, two});
  EXPECT_NE(svg.find("viewBox=\"0 0 720 880\""), std::string::npos);
  EXPECT_NE(svg.find("<g transform=\"translate(0 0)\">\n" + one + "</g>"),
            std::string::npos);
  EXPECT_NE(svg.find("<g transform=\"translate(0 440)\">\n" + two + "</g>"),
            std::string::npos);
  EXPECT_EQ(Count(svg, "</svg>"), 3);
}

}  // namespace
}  // namespace caldera::base
