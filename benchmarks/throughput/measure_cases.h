// Measures several cases in turn and gathers the results.
//
//   absl::StatusOr<Report> report = MeasureCases(cases, options);
//   std::printf("%s", ReportTable(*report).c_str());
//
// Every round measures every case once, so that changes on the machine affect
// all cases alike and their ratios hold.
#ifndef CALDERA_BENCHMARKS_THROUGHPUT_MEASURE_CASES_H_
#define CALDERA_BENCHMARKS_THROUGHPUT_MEASURE_CASES_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "benchmarks/throughput/cases.h"
#include "benchmarks/throughput/measure_steps.h"
#include "benchmarks/throughput/report.h"

namespace caldera::benchmarks {

struct CasesOptions {
  MeasureOptions steps;  // its data set is replaced by that of each case
  int64_t rounds = 1;
  bool only_loader = false;  // no training
  // Leaves out a case that does not fit into memory, and reports it.
  bool leave_out_too_large = false;
  // Called with a line for each measurement.
  std::function<void(const std::string& line)> say = [](const auto&) {};
};

// Returns the report. Errors name the case: those of MeasureSteps;
// InvalidArgument for a case that does not fit, with the batch that would fit;
// and InvalidArgument where no case is left.
absl::StatusOr<Report> MeasureCases(std::vector<Case> cases,
                                    const CasesOptions& options);

}  // namespace caldera::benchmarks

#endif  // CALDERA_BENCHMARKS_THROUGHPUT_MEASURE_CASES_H_
