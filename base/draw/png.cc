#include "base/draw/png.h"

#include "base/draw/encode_png.h"
#include "base/field_path.h"
#include "base/replace_file.h"
#include "base/status.h"

namespace caldera::base {

absl::Status WritePng(const std::string& path, const at::Tensor& image) {
  ASSIGN_OR_RETURN(const std::string bytes, About(path, EncodePng(image)));
  return ReplaceFile(path, {bytes});
}

}  // namespace caldera::base
