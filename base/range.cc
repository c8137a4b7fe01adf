#include "base/range.h"

#include <glog/logging.h>

#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace caldera::base {

Range::Range(absl::string_view text) {
  const size_t end = text.find(';');
  interval_ = std::string(absl::StripAsciiWhitespace(text.substr(0, end)));
  if (end != absl::string_view::npos) {
    remedy_ = std::string(absl::StripAsciiWhitespace(text.substr(end + 1)));
  }
  if (interval_.empty()) return;
  const size_t comma = interval_.find(',');
  const char first = interval_.front(), last = interval_.back();
  CHECK(comma != std::string::npos && (first == '[' || first == '(') &&
        (last == ']' || last == ')'))
      << interval_ << " is not an interval";
  includes_low_ = first == '[';
  includes_high_ = last == ']';
  low_text_ = interval_.substr(1, comma - 1);
  CHECK(absl::SimpleAtod(low_text_, &low_) &&
        absl::SimpleAtod(
            interval_.substr(comma + 1, interval_.size() - comma - 2), &high_))
      << interval_ << " is not an interval";
}

absl::Status Range::Check(absl::string_view field, double value) const {
  return Check(field, value, absl::StrCat(value));
}

absl::Status Range::Check(absl::string_view field, int64_t value) const {
  return Check(field, static_cast<double>(value), absl::StrCat(value));
}

absl::Status Range::Check(absl::string_view field, double value,
                          absl::string_view printed) const {
  if (interval_.empty()) return absl::OkStatus();
  const bool above = includes_low_ ? value >= low_ : value > low_;
  const bool below = includes_high_ ? value <= high_ : value < high_;
  if (above && below && std::isfinite(value)) return absl::OkStatus();
  std::string problem = absl::StrCat("is not in ", interval_);
  if (std::isinf(high_)) {
    problem =
        above || std::isinf(low_)
            ? "is not finite"
            : absl::StrCat(includes_low_ ? "is not at least " : "is not above ",
                           low_text_);
  }
  return absl::InvalidArgumentError(
      absl::StrCat(field, ": ", printed, " ", problem,
                   remedy_.empty() ? "" : "; ", remedy_));
}

}  // namespace caldera::base
