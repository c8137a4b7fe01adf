#include "base/draw/encode_png.h"

#include <png.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace caldera::base {

absl::StatusOr<std::string> EncodePng(const at::Tensor& image) {
  if (!image.defined() || image.scalar_type() != at::kByte ||
      image.dim() != 3 || (image.size(0) != 1 && image.size(0) != 3) ||
      image.numel() == 0) {
    return absl::InvalidArgumentError(
        "an image is uint8 [C, H, W] with C = 1 or 3, not empty");
  }
  const at::Tensor pixels =
      image.detach().to(at::kCPU).permute({1, 2, 0}).contiguous();  // [H, W, C]
  // libpng's simplified interface needs no setjmp. The first call returns the
  // size, the second the bytes.
  png_image header = {};
  header.version = PNG_IMAGE_VERSION;
  header.height = pixels.size(0);
  header.width = pixels.size(1);
  header.format = image.size(0) == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  const auto write = [&](void* memory, png_alloc_size_t* size) {
    return png_image_write_to_memory(
        &header, memory, size, /*convert_to_8_bit=*/0,
        pixels.const_data_ptr<uint8_t>(), /*row_stride=*/0,
        /*colormap=*/nullptr);
  };
  png_alloc_size_t size = 0;
  std::string bytes;
  bool written = write(nullptr, &size);
  if (written) {
    bytes.resize(size);
    written = write(bytes.data(), &size);
  }
  if (!written) {
    return absl::InternalError(absl::StrCat("libpng: ", header.message));
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace caldera::base
