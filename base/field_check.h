// Checks the ranges of a message's fields; the first field outside its range
// gives the error.
//
//   return base::FieldCheck()
//       .InRange("depth", spec.depth(), 1, 1024)
//       .Above("beta", spec.beta(), 0)
//       .AtLeast("workers", spec.workers(), 0, "it counts threads")
//       .status();
//   // "depth: 0 is not in [1, 1024]"
//
// NaN is in no range. `why`, if it is given, follows the range after a
// semicolon: it explains the field or gives the remedy.
#ifndef CALDERA_BASE_FIELD_CHECK_H_
#define CALDERA_BASE_FIELD_CHECK_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace caldera::base {

class FieldCheck {
 public:
  // Requires least <= value <= most.
  template <typename T, typename U>
  FieldCheck& InRange(absl::string_view field, T value, U least, U most,
                      absl::string_view why = "") {
    return Require(value >= least && value <= most, field, value,
                   absl::StrCat("is not in [", least, ", ", most, "]"), why);
  }

  // Requires low < value <= most.
  template <typename T, typename U>
  FieldCheck& AboveUpTo(absl::string_view field, T value, U low, U most,
                        absl::string_view why = "") {
    return Require(value > low && value <= most, field, value,
                   absl::StrCat("is not in (", low, ", ", most, "]"), why);
  }

  // Requires least <= value < high.
  template <typename T, typename U>
  FieldCheck& Below(absl::string_view field, T value, U least, U high,
                    absl::string_view why = "") {
    return Require(value >= least && value < high, field, value,
                   absl::StrCat("is not in [", least, ", ", high, ")"), why);
  }

  // Requires least <= value.
  template <typename T, typename U>
  FieldCheck& AtLeast(absl::string_view field, T value, U least,
                      absl::string_view why = "") {
    return Require(value >= least, field, value,
                   absl::StrCat("is not at least ", least), why);
  }

  // Requires a finite value above `low`.
  template <typename T, typename U>
  FieldCheck& Above(absl::string_view field, T value, U low,
                    absl::string_view why = "") {
    const bool above = value > low;
    return Require(above && value - value == 0, field, value,
                   above ? "is not finite" : absl::StrCat("is not above ", low),
                   why);
  }

  // Requires any other condition; the error is "<field>: <value> <problem>;
  // <why>".
  template <typename T>
  FieldCheck& Require(bool holds, absl::string_view field, const T& value,
                      absl::string_view problem, absl::string_view why = "") {
    if (status_.ok() && !holds) {
      status_ = absl::InvalidArgumentError(absl::StrCat(
          field, ": ", value, " ", problem, why.empty() ? "" : "; ", why));
    }
    return *this;
  }

  // Adds the status of another check, for example of a nested message.
  FieldCheck& And(const absl::Status& status) {
    status_.Update(status);
    return *this;
  }

  // Returns OK or the first error.
  absl::Status status() const { return status_; }

 private:
  absl::Status status_;
};

}  // namespace caldera::base

#endif  // CALDERA_BASE_FIELD_CHECK_H_
