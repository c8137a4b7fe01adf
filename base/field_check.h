// The ranges of a message's fields; the first one outside of its range is the
// error.
//
//   return base::FieldCheck()
//       .InRange("depth", spec.depth(), 1, 1024)
//       .Above("beta", spec.beta(), 0)
//       .AtLeast("workers", spec.workers(), 0, "it counts threads")
//       .status();
//   // "depth: 0 is not in [1, 1024]"
//
// What is not a number (NaN) lies in no range. `why`, where it is given,
// follows the range after a semicolon: what the field means or what to do.
#ifndef CALDERA_BASE_FIELD_CHECK_H_
#define CALDERA_BASE_FIELD_CHECK_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace caldera::base {

class FieldCheck {
 public:
  // least <= value <= most
  template <typename T, typename U>
  FieldCheck& InRange(absl::string_view field, T value, U least, U most,
                      absl::string_view why = "") {
    return Require(value >= least && value <= most, field, value,
                   absl::StrCat("is not in [", least, ", ", most, "]"), why);
  }

  // low < value <= most
  template <typename T, typename U>
  FieldCheck& AboveUpTo(absl::string_view field, T value, U low, U most,
                        absl::string_view why = "") {
    return Require(value > low && value <= most, field, value,
                   absl::StrCat("is not in (", low, ", ", most, "]"), why);
  }

  // least <= value < high
  template <typename T, typename U>
  FieldCheck& Below(absl::string_view field, T value, U least, U high,
                    absl::string_view why = "") {
    return Require(value >= least && value < high, field, value,
                   absl::StrCat("is not in [", least, ", ", high, ")"), why);
  }

  template <typename T, typename U>
  FieldCheck& AtLeast(absl::string_view field, T value, U least,
                      absl::string_view why = "") {
    return Require(value >= least, field, value,
                   absl::StrCat("is not at least ", least), why);
  }

  // Infinity is not above anything.
  template <typename T, typename U>
  FieldCheck& Above(absl::string_view field, T value, U low,
                    absl::string_view why = "") {
    return Require(value > low && value - value == 0, field, value,
                   absl::StrCat("is not above ", low), why);
  }

  // Any other condition: "<field>: <value> <problem>; <why>" unless it holds.
  template <typename T>
  FieldCheck& Require(bool holds, absl::string_view field, const T& value,
                      absl::string_view problem, absl::string_view why = "") {
    if (status_.ok() && !holds) {
      status_ = absl::InvalidArgumentError(absl::StrCat(
          field, ": ", value, " ", problem, why.empty() ? "" : "; ", why));
    }
    return *this;
  }

  // Another check, of a message inside of this one for example.
  FieldCheck& And(const absl::Status& status) {
    status_.Update(status);
    return *this;
  }

  const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

}  // namespace caldera::base

#endif  // CALDERA_BASE_FIELD_CHECK_H_
