// Reads the numbers that a run logged, one curve each.
//
//   auto course = ReadCourse("mae", "runs/mae/metrics.jsonl");
//   const Curve& loss = course->curves.at("loss");
//
// Caveat: all of metrics.jsonl is held in memory, 24 bytes a number.
#ifndef CALDERA_SSL_TOOLS_FIGURES_RUN_COURSE_H_
#define CALDERA_SSL_TOOLS_FIGURES_RUN_COURSE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace caldera::ssl {

// One number over a run; the three are equally long.
struct Curve {
  std::vector<int64_t> step;
  std::vector<double> epoch;
  std::vector<double> value;
};

struct RunCourse {
  std::string name;
  std::map<std::string, Curve> curves;  // by their keys in metrics.jsonl
  bool cut_off = false;  // the last line was half written, and is left out
};

// Reads a metrics.jsonl, also of a run that is still going on or was killed. A
// value that is not a number (null) has no point. Errors: NotFound; DataLoss
// with file and line for a complete line that is not a JSON object with the
// numbers "step" and "epoch".
absl::StatusOr<RunCourse> ReadCourse(const std::string& name,
                                     const std::string& path);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_FIGURES_RUN_COURSE_H_
