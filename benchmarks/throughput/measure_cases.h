// Measures several cases in turn and gathers what came out.
//
//   absl::StatusOr<Report> report = MeasureCases(cases, options);
//   std::printf("%s", ReportTable(*report).c_str());
//
// Every round measures every case once, so that what changes on the machine
// meanwhile hits all alike and their ratios hold.
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
  MeasureOptions steps;  // but for the data set, which each case has
  int64_t rounds = 1;
  bool only_loader = false;  // no training
  // Goes on without a case that memory does not hold, after saying so.
  bool leave_out_too_large = false;
  // Gets a line for each measurement.
  std::function<void(const std::string& line)> say = [](const auto&) {};
};

// Errors name the case: those of MeasureSteps, InvalidArgument with the batch
// that would fit for one that does not, and a case without any row.
absl::StatusOr<Report> MeasureCases(std::vector<Case> cases,
                                    const CasesOptions& options);

}  // namespace caldera::benchmarks

#endif  // CALDERA_BENCHMARKS_THROUGHPUT_MEASURE_CASES_H_
