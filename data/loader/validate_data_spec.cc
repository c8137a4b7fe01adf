#include "data/loader/validate_data_spec.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/field_path.h"
#include "data/augment/validate_augment_spec.h"
#include "data/augment/views.h"
#include "data/split.h"

namespace caldera::data {
namespace {

// More threads or batches than this is a slip of the keyboard, not a wish.
constexpr int kMaxWorkers = 256;
constexpr int kMaxPrefetch = 1024;
// An index of 8 bytes each.
constexpr int64_t kMaxShuffleBuffer = int64_t{1} << 30;
constexpr int kMaxRepeats = 255;
constexpr int kMaxViews = 256;

template <typename T>
absl::Status Refuse(absl::string_view field, T value, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", value, " ", why));
}

// Puts `field.` before the path that `status` begins with.
absl::Status ValidateViews(const DataSpec& spec) {
  if (spec.view().empty()) {
    if (spec.augment().count() == 1) {
      return base::Within("augment", ValidateInsideView(spec.augment(), {}));
    }
    return Refuse("augment.count", spec.augment().count(),
                  "is not 1; for several views write `view` for `augment`");
  }
  if (spec.has_augment()) {
    return absl::InvalidArgumentError(
        "augment: is given beside `view`; write each view as a `view`");
  }
  int64_t count = 0;
  std::vector<AugmentSpec> earlier;
  for (int i = 0; i < spec.view_size(); ++i) {
    absl::Status status =
        base::Within(absl::StrCat("view[", i, "]"), Validate(spec.view(i)));
    if (!status.ok()) return status;
    if (count < kMaxViews) {
      status = base::Within(absl::StrCat("view[", i, "]"),
                            ValidateInsideView(spec.view(i), earlier));
    }
    if (!status.ok()) return status;
    count += spec.view(i).count();
    if (count <= kMaxViews) {
      earlier.insert(earlier.end(), spec.view(i).count(), spec.view(i));
    }
  }
  if (count > kMaxViews) {
    return Refuse(
        "view", count,
        absl::StrCat("views are more than ", kMaxViews, "; lower the counts"));
  }
  return absl::OkStatus();
}

// data/augment/augment_on_device.h crops and flips.
absl::Status ValidateOnDevice(const DataSpec& spec) {
  if (!spec.loader().on_device()) return absl::OkStatus();
  for (const AugmentSpec& view : ViewsOf(spec)) {
    const std::pair<const char*, bool> needs_threads[] = {
        {"random_crop", view.has_random_crop()},
        {"center_crop", view.has_center_crop()},
        {"three_augment", view.has_three_augment()},
        {"rand_augment", view.has_rand_augment()},
        {"color_jitter", view.has_color_jitter()},
        {"grayscale", view.grayscale() > 0},
        {"gaussian_blur", view.has_gaussian_blur()},
        {"solarize", view.has_solarize()},
        {"equalize", view.equalize() > 0}};
    for (const auto& [field, named] : needs_threads) {
      if (!named) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          "loader.on_device: true, but a view has ", field,
          "; the device only does random_resized_crop and horizontal_flip"));
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateMeanAndStd(const DataSpec& spec) {
  const int count = spec.mean_size();
  if (count != spec.std_size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("std: has ", spec.std_size(), " values and mean has ",
                     count, "; give one of each a channel, or neither"));
  }
  if (count != 0 && count != 1 && count != 3) {
    return absl::InvalidArgumentError(absl::StrCat(
        "mean: has ", count, " values; give one a channel, 1 or 3"));
  }
  for (int c = 0; c < count; ++c) {
    if (!(spec.mean(c) >= 0 && spec.mean(c) <= 1)) {
      return Refuse(absl::StrCat("mean[", c, "]"), spec.mean(c),
                    "is not in [0, 1]; divide grey levels by 255");
    }
    if (!(spec.std(c) > 0 && spec.std(c) <= 1)) {
      return Refuse(absl::StrCat("std[", c, "]"), spec.std(c),
                    "is not in (0, 1]; divide grey levels by 255");
    }
  }
  return absl::OkStatus();
}

absl::Status Validate(const DecodeSpec& spec) {
  if (spec.max_pixels() < 1) {
    return Refuse("max_pixels", spec.max_pixels(),
                  "is not at least 1; it is height times width");
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
  const absl::StatusOr<Split> split = ParseSplit(spec.split());
  if (!split.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("split: ", split.status().message()));
  }
  if (spec.has_fold() && (spec.fold() < 0 || spec.fold() > 9)) {
    return Refuse("fold", spec.fold(), "is not in [0, 9]; STL-10 has ten");
  }
  if (spec.has_class_list() && spec.class_list().empty()) {
    return absl::InvalidArgumentError(
        "class_list: '' names no file; give a text file with the names of "
        "class folders, or leave the field out");
  }
  if (spec.shuffle_buffer() < 1 || spec.shuffle_buffer() > kMaxShuffleBuffer) {
    return Refuse("shuffle_buffer", spec.shuffle_buffer(),
                  absl::StrCat("is not in [1, ", kMaxShuffleBuffer,
                               "]; it counts images"));
  }
  absl::Status status = ValidateMeanAndStd(spec);
  if (!status.ok()) return status;
  status = base::Within("decode", Validate(spec.decode()));
  if (!status.ok()) return status;
  status = base::Within("augment", Validate(spec.augment()));
  if (!status.ok()) return status;
  status = ValidateViews(spec);
  if (!status.ok()) return status;
  status = ValidateOnDevice(spec);
  if (!status.ok()) return status;
  return base::Within("loader", Validate(spec.loader()));
}

}  // namespace caldera::data
