// The interval in which an option's value lies, in the notation that specs and
// --explain use.
//
//   Range("[0, 1)").Check("momentum", 1.0);
//   // "momentum: 1 is not in [0, 1)"
//   Range("(0, inf); it divides the loss").Check("eps", 0.0);
//   // "eps: 0 is not above 0; it divides the loss"
//
// NaN lies in no interval, and infinity in none but "".
#ifndef CALDERA_BASE_RANGE_H_
#define CALDERA_BASE_RANGE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace caldera::base {

class Range {
 public:
  // CHECK: `text` is "" (any value) or an interval, optionally followed by a
  // semicolon and a remedy. Either bound may be "inf" or "-inf".
  explicit Range(absl::string_view text);

  // Returns OK, or InvalidArgument "<field>: <value> is not ...[; <remedy>]".
  absl::Status Check(absl::string_view field, double value) const;
  absl::Status Check(absl::string_view field, int64_t value) const;

  // Returns the interval without the remedy, for documentation.
  const std::string& interval() const { return interval_; }

  // Returns the remedy, which often says what the value is.
  const std::string& remedy() const { return remedy_; }

 private:
  absl::Status Check(absl::string_view field, double value,
                     absl::string_view printed) const;

  std::string interval_, remedy_;
  std::string low_text_;
  double low_ = 0, high_ = 0;
  bool includes_low_ = false, includes_high_ = false;
};

}  // namespace caldera::base

#endif  // CALDERA_BASE_RANGE_H_
