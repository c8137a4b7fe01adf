#include "data/validate_data_spec.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "data/validate_augment_spec.h"

namespace caldera::data {
namespace {

// More threads or batches than this is a slip of the keyboard, not a wish.
constexpr int kMaxWorkers = 256;
constexpr int kMaxPrefetch = 1024;
constexpr int kMaxRepeats = 255;
constexpr int kMaxViews = 256;

template <typename T>
absl::Status Refuse(absl::string_view field, T value, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", value, " ", why));
}

// Puts `field.` before the path that `status` begins with.
absl::Status Within(absl::string_view field, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      absl::StrCat(field, ".", status.message()));
}

absl::Status ValidateViews(const DataSpec& spec) {
  if (spec.view().empty()) {
    if (spec.augment().count() == 1) return absl::OkStatus();
    return Refuse("augment.count", spec.augment().count(),
                  "is not 1; for several views write `view` for `augment`");
  }
  if (spec.has_augment()) {
    return absl::InvalidArgumentError(
        "augment: is given beside `view`; write each view as a `view`");
  }
  int64_t count = 0;
  for (int i = 0; i < spec.view_size(); ++i) {
    absl::Status status =
        Within(absl::StrCat("view[", i, "]"), Validate(spec.view(i)));
    if (!status.ok()) return status;
    count += spec.view(i).count();
  }
  if (count > kMaxViews) {
    return Refuse(
        "view", count,
        absl::StrCat("views are more than ", kMaxViews, "; lower the counts"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Validate(const LoaderSpec& spec) {
  if (spec.workers() < 0 || spec.workers() > kMaxWorkers) {
    return Refuse("workers", spec.workers(),
                  absl::StrCat("is not in [0, ", kMaxWorkers,
                               "]; 0 decodes in the caller's thread"));
  }
  if (spec.prefetch() < 1 || spec.prefetch() > kMaxPrefetch) {
    return Refuse("prefetch", spec.prefetch(),
                  absl::StrCat("is not in [1, ", kMaxPrefetch,
                               "]; it counts the batches kept ready"));
  }
  if (spec.repeats() < 1 || spec.repeats() > kMaxRepeats) {
    return Refuse("repeats", spec.repeats(),
                  absl::StrCat("is not in [1, ", kMaxRepeats,
                               "]; it counts the copies of an image"));
  }
  return absl::OkStatus();
}

absl::Status Validate(const DataSpec& spec) {
  if (spec.dataset().empty()) {
    return absl::InvalidArgumentError(
        "dataset: '' names no data set; give fashion_mnist or a folder");
  }
  absl::Status status = Within("augment", Validate(spec.augment()));
  if (!status.ok()) return status;
  status = ValidateViews(spec);
  if (!status.ok()) return status;
  return Within("loader", Validate(spec.loader()));
}

}  // namespace caldera::data
