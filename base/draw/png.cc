#include "base/draw/png.h"

#include "absl/strings/str_cat.h"
#include "base/draw/encode_png.h"
#include "base/replace_file.h"

namespace caldera::base {

absl::Status WritePng(const std::string& path, const at::Tensor& image) {
  const absl::StatusOr<std::string> bytes = EncodePng(image);
  if (!bytes.ok()) {
    return absl::Status(bytes.status().code(),
                        absl::StrCat(path, ": ", bytes.status().message()));
  }
  return ReplaceFile(path, {*bytes});
}

}  // namespace caldera::base
