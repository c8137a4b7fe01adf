// Makes the cases to measure: specs, each with every value of a varied field.
//
//   auto cases = MakeCases({"imagenet100/mae"}, "mae.mask_ratio=0.5,0.75", {});
//   cases->at(1).experiment.mae().mask_ratio();  // 0.75
#ifndef CALDERA_BENCHMARKS_THROUGHPUT_CASES_H_
#define CALDERA_BENCHMARKS_THROUGHPUT_CASES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ssl/experiment/experiment.pb.h"

namespace caldera::benchmarks {

// A row of the paper's table 3 (MAGMA, supplement), which does not state its
// setting.
struct PaperRow {
  double images_per_second;
  double gigabytes;
};

struct Case {
  std::string name;            // for tables: that of the spec or of table 3
  std::string value;           // of the varied field; "" without one
  ssl::Experiment experiment;  // with steady steps (measure_steps.h)
  std::optional<PaperRow> paper;
};

// Returns the specs of the paper's table 3, in its order.
std::vector<std::string> Table3Specs();

// Returns a case for every spec with `overrides` and each value of `vary`,
// "field=value,value". Where `vary` is empty there is a case for each spec, and
// those of table 3 have the paper's numbers. Errors: those of
// ssl::LoadExperiment, and InvalidArgument for another form of `vary`.
absl::StatusOr<std::vector<Case>> MakeCases(
    const std::vector<std::string>& specs, const std::string& vary,
    const std::vector<std::string>& overrides);

}  // namespace caldera::benchmarks

#endif  // CALDERA_BENCHMARKS_THROUGHPUT_CASES_H_
