// The settings that a sweep tries: a grid of values, or points drawn at random.
//
//   auto varied = ParseVary({"optimizer.base_lr=1e-3,3e-3",
//                            "mae.mask_ratio=0.5,0.75"});
//   auto points = Grid(*varied);      // 4 points, the last field fastest
//   (*points)[1].overrides;           // {"optimizer.base_lr=1e-3",
//                                     //  "mae.mask_ratio=0.75"}
//   (*points)[1].name;                // "base_lr=0.001+mask_ratio=0.75"
//
//   auto ranges = ParseVary({"optimizer.base_lr=1e-4..1e-2"});
//   auto drawn = Draw(*ranges, /*count=*/8, /*seed=*/0);
//
// Commas inside [], {}, () or quotes belong to a value. A range whose ends are
// whole numbers gives whole numbers (write 1.0..3 for others). It is drawn on a
// logarithmic scale where its end is at least ten times its positive begin;
// "lin:1..100" and "log:2..8" say which.
#ifndef CALDERA_SSL_TOOLS_SWEEP_VARY_H_
#define CALDERA_SSL_TOOLS_SWEEP_VARY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace caldera::ssl {

struct VariedRange {
  double low, high;
  bool logarithmic, whole;
};

// A field and what it is to be.
struct VariedField {
  std::string flag;   // as given, for errors: "--vary=mae.mask_ratio=0.5,0.75"
  std::string field;  // its path in the experiment
  std::vector<std::string> values;   // empty where there is a range
  std::optional<VariedRange> range;  // drawn from
};

// One setting of all fields.
struct SweepPoint {
  std::vector<std::string> overrides;  // "field=value", in the fields' order
  // What tells it from the others, as the name of a folder: the ends of the
  // fields' paths and the values, numbers in one spelling. A value with other
  // characters than letters, digits and -_. ends in a hash of it.
  std::string name;
};

// flags: the texts behind --vary=. Errors: InvalidArgument, which names the
// flag and the remedy: no values, a value or a field given twice, a bracket or
// a quote that stays open, a range that is none, a field that is no training's.
absl::StatusOr<std::vector<VariedField>> ParseVary(
    const std::vector<std::string>& flags);

// Returns every combination; no field gives one point without overrides.
// Errors: InvalidArgument for a range, and for more than 10,000 points.
absl::StatusOr<std::vector<SweepPoint>> Grid(
    const std::vector<VariedField>& fields);

// Returns `count` different points drawn independently, which depend only on
// the fields and the seed: the first ones of a larger count are those of a
// smaller one. Errors: InvalidArgument for a count below 1 or above 10,000, or
// one that the values cannot give.
absl::StatusOr<std::vector<SweepPoint>> Draw(
    const std::vector<VariedField>& fields, int64_t count, uint64_t seed);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_SWEEP_VARY_H_
