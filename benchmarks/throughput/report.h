// Renders a measurement as text, as JSON, and as charts.
//
//   std::printf("%s", ReportTable(report).c_str());
//   base::ReplaceFile("throughput.json", {base::JsonText(ReportJson(report),
//   1)}); base::ReplaceFile("throughput.svg", {ReportChart(report)});
#ifndef CALDERA_BENCHMARKS_THROUGHPUT_REPORT_H_
#define CALDERA_BENCHMARKS_THROUGHPUT_REPORT_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "benchmarks/throughput/row.h"

namespace caldera::benchmarks {

struct Report {
  std::vector<Row> rows;
  std::string vary;  // the varied field; "" without one
  int64_t rounds = 0, warmup = 0, steps = 0;  // steps: in a round
  int64_t processes = 1;
  std::vector<std::string> loader_reads;  // names of the data sets, each once
  nlohmann::json provenance;              // ssl/train/loop/provenance.h
};

// Returns the table and a line that states the setting and the meaning of its
// columns. The paper's numbers stand beside ours; "-" marks an unknown number.
std::string ReportTable(const Report& report);

// Returns JSON with the keys of benchmarks/reference/pytorch_mae.py, which
// reads the sizes from a row's "model". An unknown number is null.
nlohmann::json ReportJson(const Report& report);

// Returns an SVG of images a second, memory, and the terms' share of a step, in
// panels below one another; a panel without numbers is omitted.
std::string ReportChart(const Report& report);

}  // namespace caldera::benchmarks

#endif  // CALDERA_BENCHMARKS_THROUGHPUT_REPORT_H_
