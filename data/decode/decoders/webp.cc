// Decodes WebP images, lossy and lossless, with libwebp; of an animation the
// first frame, on black where it does not cover the image, as Pillow shows it.
//
// Alpha is dropped (the colour below it shows, as in Pillow's convert("RGB")).
// Rows below a rectangle are not decoded.
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

// The chunks of a complete file.
class Demuxer {
 public:
  explicit Demuxer(absl::string_view bytes) {
    const WebPData data = {Data(bytes), bytes.size()};
    demuxer_ = WebPDemux(&data);
  }
  Demuxer(const Demuxer&) = delete;
  Demuxer& operator=(const Demuxer&) = delete;
  ~Demuxer() { WebPDemuxDelete(demuxer_); }

  int Orientation() const {
    WebPChunkIterator chunk;
    if (demuxer_ == nullptr ||
        WebPDemuxGetChunk(demuxer_, "EXIF", 1, &chunk) == 0) {
      return 1;
    }
    const int orientation = ExifOrientation(absl::string_view(
        reinterpret_cast<const char*>(chunk.chunk.bytes), chunk.chunk.size));
    WebPDemuxReleaseChunkIterator(&chunk);
    return orientation;
  }

  // Writes the first frame's data and its place in the image. False if the file
  // is not complete.
  bool FirstFrame(absl::string_view& data, Rectangle& place) const {
    WebPIterator frame;
    if (demuxer_ == nullptr || WebPDemuxGetFrame(demuxer_, 1, &frame) == 0) {
      return false;
    }
    data =
        absl::string_view(reinterpret_cast<const char*>(frame.fragment.bytes),
                          frame.fragment.size);
    place = {frame.y_offset, frame.x_offset, frame.height, frame.width};
    WebPDemuxReleaseIterator(&frame);
    return true;
  }

 private:
  WebPDemuxer* demuxer_;
};

class WebpDecoder : public PixelDecoder {
 public:
  explicit WebpDecoder(absl::string_view bytes) : bytes_(bytes) {}

  // Call this once, before Decode().
  absl::Status ReadHeader(const DecodeOptions& options);

  absl::Status Decode(const Rectangle& rectangle, uint8_t* rgb) override;

  int orientation() const { return orientation_; }

 private:
  // Decodes a rectangle of the frame to `rgb`, whose rows are `stride` bytes
  // apart.
  absl::Status DecodeFrame(const Rectangle& rectangle, uint8_t* rgb,
                           int64_t stride);

  const absl::string_view bytes_;
  int orientation_ = 1;
  absl::string_view frame_;      // what libwebp decodes
  Rectangle place_;              // of the frame in the image
  std::vector<uint8_t> pixels_;  // the rectangle with its margin
};

absl::Status WebpDecoder::ReadHeader(const DecodeOptions& options) {
  WebPBitstreamFeatures features;
  const VP8StatusCode code =
      WebPGetFeatures(Data(bytes_), bytes_.size(), &features);
  if (code != VP8_STATUS_OK) return Error(code);
  set_size(features.height, features.width);
  frame_ = bytes_;
  place_ = {0, 0, height(), width()};
  if (features.has_animation != 0 || options.apply_exif_orientation) {
    const Demuxer demuxer(bytes_);
    if (features.has_animation != 0 && !demuxer.FirstFrame(frame_, place_)) {
      return Error(VP8_STATUS_NOT_ENOUGH_DATA);
    }
    if (options.apply_exif_orientation) orientation_ = demuxer.Orientation();
  }
  return CheckImageSize("WebP", height(), width(), options);
}

absl::Status WebpDecoder::Decode(const Rectangle& rectangle, uint8_t* rgb) {
  CheckInside(rectangle);
  const int64_t stride = 3 * rectangle.width;
  // What the rectangle and the frame share, in coordinates of the image.
  const int64_t top = std::max(rectangle.top, place_.top);
  const int64_t left = std::max(rectangle.left, place_.left);
  const int64_t bottom =
      std::min(rectangle.top + rectangle.height, place_.top + place_.height);
  const int64_t right =
      std::min(rectangle.left + rectangle.width, place_.left + place_.width);
  const Rectangle shared{top - place_.top, left - place_.left, bottom - top,
                         right - left};
  if (shared.height < rectangle.height || shared.width < rectangle.width) {
    std::memset(rgb, 0, stride * rectangle.height);
    if (shared.height <= 0 || shared.width <= 0) return absl::OkStatus();
  }
  return DecodeFrame(
      shared,
      rgb + stride * (top - rectangle.top) + 3 * (left - rectangle.left),
      stride);
}

absl::Status WebpDecoder::DecodeFrame(const Rectangle& rectangle, uint8_t* rgb,
                                      int64_t stride) {
  // The upsampling of colour reads a neighbour on each side, which at the
  // border of a crop is not the image's; and a crop begins at even numbers.
  const int64_t top = std::max<int64_t>(0, rectangle.top - 2) / 2 * 2;
  const int64_t left = std::max<int64_t>(0, rectangle.left - 2) / 2 * 2;
  const int64_t bottom =
      std::min(place_.height, rectangle.top + rectangle.height + 2);
  const int64_t right =
      std::min(place_.width, rectangle.left + rectangle.width + 2);
  const int64_t margin_stride = 3 * (right - left);
  pixels_.resize(margin_stride * (bottom - top));

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
  config.output.u.RGBA.stride = static_cast<int>(margin_stride);
  config.output.u.RGBA.size = pixels_.size();
  const VP8StatusCode code = WebPDecode(Data(frame_), frame_.size(), &config);
  WebPFreeDecBuffer(&config.output);
  if (code != VP8_STATUS_OK) return Error(code);

  const uint8_t* from = &pixels_[margin_stride * (rectangle.top - top)];
  for (int64_t y = 0; y < rectangle.height; ++y, from += margin_stride) {
    std::memcpy(rgb + stride * y, from + 3 * (rectangle.left - left),
                3 * rectangle.width);
  }
  return absl::OkStatus();
}

const bool kRegistered = RegisterImageFormat(
    {"WebP", "WebP, the first frame of an animation, decoded by libwebp.",
     /*rank=*/30,
     /*signatures=*/{"RIFF????WEBP"}, /*endings=*/{".webp"},
     OpenEncoded<WebpDecoder>});

}  // namespace
}  // namespace caldera::data
