#include "base/field_path.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace caldera::base {

absl::Status Within(absl::string_view field, const absl::Status& status) {
  if (status.ok()) return status;
  const absl::string_view text = status.message();
  return absl::Status(
      status.code(),
      absl::StrCat(field, absl::StartsWith(text, ":") ? "" : ".", text));
}

absl::Status About(absl::string_view field, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      absl::StrCat(field, ": ", status.message()));
}

}  // namespace caldera::base
