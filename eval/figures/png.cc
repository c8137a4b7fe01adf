#include "eval/figures/png.h"

#include "absl/strings/str_cat.h"
#include "data/encode_png.h"
#include "vit/replace_file.h"

namespace caldera::eval {

absl::Status WritePng(const std::string& path, const at::Tensor& image) {
  const absl::StatusOr<std::string> bytes = data::EncodePng(image);
  if (!bytes.ok()) {
    return absl::Status(bytes.status().code(),
                        absl::StrCat(path, ": ", bytes.status().message()));
  }
  return vit::ReplaceFile(path, {*bytes});
}

}  // namespace caldera::eval
