#include "benchmarks/throughput/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/draw/bar_chart.h"

namespace caldera::benchmarks {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

// A report like table 3 on a GPU: two rounds of two steps, of 0.5 and 0.4 s.
Report OnAGpu() {
  Report report;
  report.rounds = 2;
  report.warmup = 5;
  report.steps = 2;
  report.loader_reads = {"made-up photos"};
  report.provenance = {{"gpu", "H100"}};
  auto cases = MakeCases(Table3Specs(), "", {"train.precision=BF16"});
  EXPECT_TRUE(cases.ok()) << cases.status();
  for (const Case& measured : *cases) {
    ssl::Forecast forecast;
    forecast.parameters.encoder = 100'000'000;
    forecast.costs = {{"encoder", {10'000'000'000 * 256, 0, 0}},
                      {"decoder", {0, 20'000'000'000 * 256, 0}}};
    StepTimes first, second;
    first.resident = {0.5, 0.4};
    first.with_loader = {0.64, 0.64};
    first.peak = {15'000'000'000, 16'000'000'000, {}};
    second = first;
    second.peak.allocated = 15'100'000'000;
    second.growth = 512;
    if (measured.experiment.has_regularizer()) {
      first.terms["magma"] = second.terms["magma"] = 0.00045;
    }
    report.rows.push_back(
        MakeRow(measured, forecast, {first, second}, 2000, 40e12));
  }
  return report;
}

TEST(ReportTable, HasOurFiguresBesideThePapers) {
  EXPECT_EQ(
      ReportTable(OnAGpu()),
      "| method |     batch | img/s | 10-90 % | of the first | with loader | "
      "loader alone | GB allocated | GB reserved | M parameters | GFLOP/img | "
      "TFLOP/s | of a product |  magma | paper img/s | paper GB |\n"
      "|--------|----------:|------:|--------:|-------------:|------------:|"
      "-------------:|-------------:|------------:|-------------:|----------:|"
      "--------:|-------------:|-------:|------------:|---------:|\n"
      "| MAE    | 256, bf16 |   576 | 512-640 |        100 % |         400 | "
      "        2000 |        15.10 |       16.00 |        100.0 |        30 | "
      "  17.28 |         43 % |      - |         489 |     28.0 |\n"
      "| M-MAE  | 256, bf16 |   576 | 512-640 |        100 % |         400 | "
      "        2000 |        15.10 |       16.00 |        100.0 |        30 | "
      "  17.28 |         43 % | 0.10 % |         481 |     28.1 |\n"
      "| U-MAE  | 256, bf16 |   576 | 512-640 |        100 % |         400 | "
      "        2000 |        15.10 |       16.00 |        100.0 |        30 | "
      "  17.28 |         43 % |      - |         486 |     28.0 |\n"
      "| MU-MAE | 256, bf16 |   576 | 512-640 |        100 % |         400 | "
      "        2000 |        15.10 |       16.00 |        100.0 |        30 | "
      "  17.28 |         43 % | 0.10 % |         476 |     28.1 |\n"
      "\nMedians over 2 rounds of 2 steps after 5; img/s with one batch that "
      "stays on the device; the loader read made-up photos. \"of a product\": "
      "of the FLOP a second of a matrix product in this process, 40 TFLOP/s. A "
      "term's share of a step is its own forward and backward time.\n");
}

TEST(ReportJson, HasEveryKey) {
  const json report = ReportJson(OnAGpu());
  EXPECT_EQ(report["provenance"]["gpu"], "H100");
  EXPECT_EQ(report["setting"]["rounds"], 2);
  EXPECT_EQ(report["setting"]["loader_reads"], json({"made-up photos"}));
  ASSERT_EQ(report["rows"].size(), 4);
  const json& row = report["rows"][3];
  EXPECT_EQ(row["method"], "MU-MAE");
  EXPECT_EQ(row["batch_size"], 256);
  EXPECT_EQ(row["precision"], "BF16");
  EXPECT_EQ(row["steps"], 4);
  EXPECT_DOUBLE_EQ(row["images_per_second"]["median"].get<double>(), 576);
  EXPECT_DOUBLE_EQ(row["images_per_second"]["p10"].get<double>(), 512);
  EXPECT_EQ(row["images_per_second_with_loader"]["p90"], 400);
  EXPECT_EQ(row["images_per_second_loader_alone"], 2000);
  EXPECT_EQ(row["peak_memory"]["allocated"], 15'100'000'000);
  EXPECT_EQ(row["peak_memory"]["resident_growth"], nullptr);
  EXPECT_EQ(row["memory_growth"], 512);
  EXPECT_EQ(row["parameters"], 100'000'000);
  EXPECT_DOUBLE_EQ(row["flop_per_image"].get<double>(), 30e9);
  EXPECT_DOUBLE_EQ(row["flop_per_second"].get<double>(), 30e9 * 576);
  EXPECT_EQ(row["matrix_product_flop_per_second"], 40e12);
  EXPECT_NEAR(row["share_of_step"]["magma"].get<double>(), 0.00101, 1e-5);
  EXPECT_EQ(row["paper"]["gigabytes"], 28.1);
  EXPECT_EQ(row["model"],
            json({{"image_size", 224},
                  {"patch_size", 16},
                  {"channels", 3},
                  {"embed_dim", 768},
                  {"depth", 12},
                  {"num_heads", 12},
                  {"mask_ratio", 0.75},
                  {"norm_pix_loss", true},
                  {"decoder_embed_dim", 512},
                  {"decoder_depth", 8},
                  {"decoder_num_heads", 16},
                  {"terms", {{"magma", 1.0}, {"uniformity", 0.01}}}}));
}

// A report of the loader alone for the values of a field, with a method whose
// FLOP are unknown.
Report OfTheLoader() {
  Report report;
  report.vary = "data.loader.workers";
  report.rounds = 1;
  report.loader_reads = {"Fashion-MNIST"};
  auto cases = MakeCases({"fashion_mnist/mae", "fashion_mnist/simclr"},
                         "data.loader.workers=1,2", {});
  EXPECT_TRUE(cases.ok()) << cases.status();
  for (const Case& measured : *cases) {
    report.rows.push_back(MakeRow(measured, {}, {}, 1234.5, 0));
  }
  return report;
}

TEST(ReportTable, LeavesOutWhatWasNotMeasured) {
  const std::string table = ReportTable(OfTheLoader());
  EXPECT_THAT(table, HasSubstr("| fashion_mnist/mae    |                   2 | "
                               "256, fp32 |         1234 |"));
  EXPECT_THAT(table, HasSubstr("the best of 1 rounds; it read Fashion-MNIST."));
  for (const char* part : {"img/s |", "GB", "FLOP", "paper", "product"}) {
    EXPECT_THAT(table, Not(HasSubstr(part)));
  }
  const json row = ReportJson(OfTheLoader())["rows"][1];
  EXPECT_EQ(row["value"], "2");
  for (const char* key :
       {"images_per_second", "images_per_second_with_loader", "flop_per_image",
        "flop_per_second", "matrix_product_flop_per_second", "paper"}) {
    EXPECT_EQ(row[key], nullptr) << key;
  }
}

TEST(ReportChart, HasAPanelForWhatWasMeasured) {
  const std::string gpu = ReportChart(OnAGpu());
  for (const char* part :
       {">Throughput<", ">Peak memory<", ">Share of a step: magma<",
        ">the paper<", ">with the loader<", ">MU-MAE<", ">576<", ">15.1<"}) {
    EXPECT_THAT(gpu, HasSubstr(part));
  }
  const std::string loader = ReportChart(OfTheLoader());
  EXPECT_THAT(loader, HasSubstr(">The loader alone by data.loader.workers<"));
  EXPECT_THAT(loader, HasSubstr(">fashion_mnist/simclr<"));
  EXPECT_THAT(loader, Not(HasSubstr("Peak memory")));
}

// Returns the chart of made-up speeds of one method at values of a field.
std::string ChartOf(const std::string& field,
                    const std::vector<std::string>& values) {
  Report report;
  report.vary = field;
  for (const std::string& value : values) {
    Row row;
    row.measured.name = "a";
    row.measured.value = value;
    row.loader_alone = 100;
    report.rows.push_back(row);
  }
  return ReportChart(report);
}

TEST(ReportChart, NumbersStandOnAContinuousAxis) {
  // Batches 32 to 512: 64 is a quarter of the way, and 100 % of the height.
  const std::string batches = ChartOf("train.batch_size", {"32", "64", "512"});
  EXPECT_THAT(batches, HasSubstr("points=\"76.00,44.00 232.00,44.00 "
                                 "700.00,44.00\""));
  EXPECT_THAT(batches, HasSubstr(">512</text>"));
  // A short span is linear: 0.75 is 62.5 % of the way from 0.5 to 0.9.
  EXPECT_THAT(ChartOf("mae.mask_ratio", {"0.5", "0.75", "0.9"}),
              HasSubstr("76.00,44.00 466.00,44.00 700.00,44.00"));
}

TEST(ReportChart, NamesAndSingleValuesAreBars) {
  for (const auto& values : std::vector<std::vector<std::string>>{
           {"vit_tiny", "vit_small"}, {"32"}, {"64", "32"}}) {
    const std::string chart = ChartOf("encoder.model", values);
    EXPECT_THAT(chart, Not(HasSubstr("<polyline")));
    EXPECT_THAT(chart, HasSubstr(">" + values[0] + "</text>"));
  }
}

TEST(BarChart, BarsAreAsHighAsTheirNumbers) {
  const std::string svg = base::BarChartSvg(
      "a < b", "GB", {"one", "two"}, {{"x", {10.0, 5.0}}, {"y", {{}, 2.5}}});
  EXPECT_THAT(svg, HasSubstr("a &lt; b"));
  // The plot is 330 high and its axis ends at 10.
  EXPECT_THAT(svg, HasSubstr("height=\"330.0\" fill=\"#0072b2\""));
  EXPECT_THAT(svg, HasSubstr("height=\"165.0\" fill=\"#0072b2\""));
  EXPECT_THAT(svg, HasSubstr("height=\"82.5\" fill=\"#d55e00\""));
}

TEST(BarChart, StandsWithoutNumbers) {
  for (const double value : {0.0, 1e-12}) {
    const std::string svg =
        base::BarChartSvg("t", "u", {"g"}, {{"s", {value}}});
    EXPECT_THAT(svg, HasSubstr("</svg>"));
    EXPECT_THAT(svg, Not(HasSubstr("nan")));
  }
  EXPECT_THAT(base::BarChartSvg("t", "u", {}, {}), HasSubstr("</svg>"));
}

}  // namespace
}  // namespace caldera::benchmarks
