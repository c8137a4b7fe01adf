// Decodes still WebP images, lossy and lossless, with libwebp.
//
// Alpha is dropped (the colour below it shows, as in Pillow's convert("RGB")).
// Rows below a rectangle are not decoded. Animations are refused.
#include <glog/logging.h>
#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "data/decode/exif_orientation.h"
#include "data/decode/image_format.h"

namespace caldera::data {
namespace {

const uint8_t* Data(absl::string_view bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
}

absl::Status Error(VP8StatusCode code) {
  switch (code) {
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
      return absl::DataLossError("WebP: truncated");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return absl::InvalidArgumentError(
          "WebP: a kind that libwebp cannot read");
    case VP8_STATUS_OUT_OF_MEMORY:
      return absl::ResourceExhaustedError("WebP: not enough memory");
    default:
      return absl::DataLossError("WebP: damaged");
  }
}

int Orientation(absl::string_view bytes) {
  const WebPData data = {Data(bytes), bytes.size()};
  WebPDemuxer* demuxer = WebPDemux(&data);
  if (demuxer == nullptr) return 1;
  int orientation = 1;
  WebPChunkIterator chunk;
  if (WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk) != 0) {
    orientation = ExifOrientation(absl::string_view(
        reinterpret_cast<const char*>(chunk.chunk.bytes), chunk.chunk.size));
    WebPDemuxReleaseChunkIterator(&chunk);
  }
  WebPDemuxDelete(demuxer);
  return orientation;
}

class WebpDecoder : public PixelDecoder {
 public:
  explicit WebpDecoder(absl::string_view bytes) : bytes_(bytes) {}

  // Call this once, before Decode().
  absl::Status ReadHeader(const DecodeOptions& options);

  absl::Status Decode(const Rectangle& rectangle, uint8_t* rgb) override;

  int orientation() const { return orientation_; }

 private:
  const absl::string_view bytes_;
  int orientation_ = 1;
  std::vector<uint8_t> pixels_;  // the rectangle with its margin
};

absl::Status WebpDecoder::ReadHeader(const DecodeOptions& options) {
  WebPBitstreamFeatures features;
  const VP8StatusCode code =
      WebPGetFeatures(Data(bytes_), bytes_.size(), &features);
  if (code != VP8_STATUS_OK) return Error(code);
  if (features.has_animation != 0) {
    return absl::InvalidArgumentError(
        "WebP: an animation; only still images are read");
  }
  set_size(features.height, features.width);
  if (options.apply_exif_orientation) orientation_ = Orientation(bytes_);
  return CheckImageSize("WebP", height(), width(), options);
}

absl::Status WebpDecoder::Decode(const Rectangle& rectangle, uint8_t* rgb) {
  CheckInside(rectangle);
  // The upsampling of colour reads a neighbour on each side, which at the
  // border of a crop is not the image's; and a crop begins at even numbers.
  const int64_t top = std::max<int64_t>(0, rectangle.top - 2) / 2 * 2;
  const int64_t left = std::max<int64_t>(0, rectangle.left - 2) / 2 * 2;
  const int64_t bottom =
      std::min(height(), rectangle.top + rectangle.height + 2);
  const int64_t right = std::min(width(), rectangle.left + rectangle.width + 2);
  const int64_t stride = 3 * (right - left);
  pixels_.resize(stride * (bottom - top));

  WebPDecoderConfig config;
  CHECK(WebPInitDecoderConfig(&config) != 0);
  config.options.use_cropping = 1;
  config.options.crop_top = static_cast<int>(top);
  config.options.crop_left = static_cast<int>(left);
  config.options.crop_height = static_cast<int>(bottom - top);
  config.options.crop_width = static_cast<int>(right - left);
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = pixels_.data();
  config.output.u.RGBA.stride = static_cast<int>(stride);
  config.output.u.RGBA.size = pixels_.size();
  const VP8StatusCode code = WebPDecode(Data(bytes_), bytes_.size(), &config);
  WebPFreeDecBuffer(&config.output);
  if (code != VP8_STATUS_OK) return Error(code);

  const uint8_t* from = &pixels_[stride * (rectangle.top - top)];
  for (int64_t y = 0; y < rectangle.height; ++y, from += stride) {
    std::memcpy(rgb + 3 * rectangle.width * y,
                from + 3 * (rectangle.left - left), 3 * rectangle.width);
  }
  return absl::OkStatus();
}

const bool kRegistered = RegisterImageFormat(
    {"WebP", "Still WebP images, decoded by libwebp.", /*rank=*/30,
     /*signatures=*/{"RIFF????WEBP"}, /*endings=*/{".webp"},
     OpenEncoded<WebpDecoder>});

}  // namespace
}  // namespace caldera::data
