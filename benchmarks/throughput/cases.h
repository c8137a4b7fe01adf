// What is measured: specs, each with every value of a field that is varied.
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

// The paper's table 3 (MAGMA, supplement), which states no setting.
struct PaperRow {
  double images_per_second;
  double gigabytes;
};

struct Case {
  std::string name;            // for tables: the spec's, or that of table 3
  std::string value;           // of the field that is varied; "" without one
  ssl::Experiment experiment;  // with steady steps (measure_steps.h)
  std::optional<PaperRow> paper;
};

// The specs of the paper's table 3, in its order.
std::vector<std::string> Table3Specs();

// Every spec with `overrides` and each value of `vary`, "field=value,value", or
// without a value where it is empty. Those of table 3 then have the paper's
// numbers.
// Errors: those of ssl::LoadExperiment, and InvalidArgument for another `vary`.
absl::StatusOr<std::vector<Case>> MakeCases(
    const std::vector<std::string>& specs, const std::string& vary,
    const std::vector<std::string>& overrides);

}  // namespace caldera::benchmarks

#endif  // CALDERA_BENCHMARKS_THROUGHPUT_CASES_H_
