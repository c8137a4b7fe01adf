// A measurement as text, as JSON, and as pictures.
//
//   std::printf("%s", ReportTable(report).c_str());
//   base::ReplaceFile("throughput.json", {ReportJson(report).dump(1)});
//   base::ReplaceFile("throughput.svg", {ReportChart(report)});
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
  std::string vary;  // the field whose values the rows have; "" without one
  int64_t rounds = 0, warmup = 0, steps = 0;  // steps: of a round
  int64_t processes = 1;
  std::vector<std::string> loader_reads;  // the sets' names, each once
  nlohmann::json provenance;              // ssl/train/loop/provenance.h
};

// A line that states the setting, the table, and what its columns mean. Where
// the paper has numbers they stand beside ours; "-" for what is not known.
std::string ReportTable(const Report& report);

// The keys are those of benchmarks/reference/eager_mae.py, which reads the
// shapes of a row's "model" back. null for what is not known.
nlohmann::json ReportJson(const Report& report);

// SVG: images a second, memory, and the terms' share of a step, panels below
// one another; a panel without numbers is left out.
std::string ReportChart(const Report& report);

}  // namespace caldera::benchmarks

#endif  // CALDERA_BENCHMARKS_THROUGHPUT_REPORT_H_
