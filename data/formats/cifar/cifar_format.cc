#include "data/formats/cifar/cifar_format.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace caldera::data {

absl::StatusOr<std::vector<uint8_t>> CifarLabels(absl::string_view bytes,
                                                 const CifarFormat& format,
                                                 absl::string_view name) {
  const int64_t record = format.record_bytes();
  const int64_t size = bytes.size();
  if (size == 0 || size % record != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ": has ", size, " bytes, expected a multiple of ", record, " (",
        format.label_bytes == 1 ? "a label" : "two labels",
        " and 3x32x32 pixels); unpack the archive again"));
  }
  std::vector<uint8_t> labels(size / record);
  for (int64_t i = 0; i < labels.size(); ++i) {
    labels[i] = bytes[i * record + format.label_bytes - 1];
    if (labels[i] >= format.num_classes) {
      return absl::InvalidArgumentError(absl::StrCat(
          name, ": label ", i, " is ", labels[i], ", expected 0 to ",
          format.num_classes - 1,
          "; check that this is the binary version of the right set"));
    }
  }
  return labels;
}

}  // namespace caldera::data
