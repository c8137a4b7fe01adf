#include "data/decode/jpeg_testing.h"

// jpeglib.h uses what cstdio declares.
// clang-format off
#include <cstdio>

#include <jpeglib.h>
// clang-format on

#include <cstdlib>

namespace caldera::data {
namespace {

// Calls set(jpeg) after the defaults. libjpeg's errors end the test.
template <typename Set>
std::string Encode(const std::vector<uint8_t>& pixels, int64_t height,
                   int64_t width, J_COLOR_SPACE space, int channels, Set set) {
  jpeg_compress_struct jpeg = {};
  jpeg_error_mgr errors;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &memory, &size);
  jpeg.image_height = static_cast<JDIMENSION>(height);
  jpeg.image_width = static_cast<JDIMENSION>(width);
  jpeg.input_components = channels;
  jpeg.in_color_space = space;
  jpeg_set_defaults(&jpeg);
  set(&jpeg);
  jpeg_start_compress(&jpeg, TRUE);
  for (int64_t y = 0; y < height; ++y) {
    auto row = const_cast<JSAMPROW>(&pixels[y * width * channels]);
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  std::string bytes(reinterpret_cast<const char*>(memory), size);
  std::free(memory);
  return bytes;
}

}  // namespace

std::string EncodeJpeg(const RgbImage& image, const JpegKind& kind) {
  return Encode(image.pixels, image.height, image.width, JCS_RGB, 3,
                [&](j_compress_ptr jpeg) {
                  if (kind.grey) jpeg_set_colorspace(jpeg, JCS_GRAYSCALE);
                  jpeg_set_quality(jpeg, kind.quality, TRUE);
                  jpeg->comp_info[0].h_samp_factor = kind.horizontal_sampling;
                  jpeg->comp_info[0].v_samp_factor = kind.vertical_sampling;
                  jpeg->restart_interval = kind.restart_interval;
                  jpeg->arith_code = kind.arithmetic ? TRUE : FALSE;
                  if (kind.progressive) jpeg_simple_progression(jpeg);
                });
}

std::string EncodeCmykJpeg(const std::vector<uint8_t>& cmyk, int64_t height,
                           int64_t width, bool ycck) {
  return Encode(cmyk, height, width, JCS_CMYK, 4, [&](j_compress_ptr jpeg) {
    jpeg_set_colorspace(jpeg, ycck ? JCS_YCCK : JCS_CMYK);
    jpeg_set_quality(jpeg, 100, TRUE);
    for (int c = 0; c < 4; ++c) {
      jpeg->comp_info[c].h_samp_factor = jpeg->comp_info[c].v_samp_factor = 1;
    }
  });
}

}  // namespace caldera::data
