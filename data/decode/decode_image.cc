#include "data/decode/decode_image.h"

#include <ATen/ops/empty.h>

#include <utility>

#include "base/status.h"
#include "data/decode/open_pixel_decoder.h"

namespace caldera::data {
namespace {

absl::StatusOr<at::Tensor> Decode(PixelDecoder& decoder,
                                  const Rectangle& rectangle) {
  const at::Tensor pixels = at::empty({rectangle.height, rectangle.width, 3},
                                      at::kByte);  // [h, w, 3]
  RETURN_IF_ERROR(
      decoder.Decode(rectangle, pixels.mutable_data_ptr<uint8_t>()));
  return pixels.permute({2, 0, 1});  // [3, h, w]
}

class EncodedImageSource : public ImageSource {
 public:
  explicit EncodedImageSource(std::string bytes) : bytes_(std::move(bytes)) {}

  // To be called once, before anything else.
  absl::Status Open(const DecodeOptions& options) {
    ASSIGN_OR_RETURN(auto decoder, OpenPixelDecoder(bytes_, options));
    decoder_ = std::move(decoder);
    return absl::OkStatus();
  }

  int64_t channels() const override { return 3; }
  int64_t height() const override { return decoder_->height(); }
  int64_t width() const override { return decoder_->width(); }

  absl::StatusOr<at::Tensor> Region(const Rectangle& rectangle) override {
    return Decode(*decoder_, rectangle);
  }

 private:
  const std::string bytes_;
  std::unique_ptr<PixelDecoder> decoder_;  // refers to bytes_
};

}  // namespace

absl::StatusOr<std::unique_ptr<ImageSource>> OpenEncodedImage(
    std::string bytes, const DecodeOptions& options) {
  auto source = std::make_unique<EncodedImageSource>(std::move(bytes));
  RETURN_IF_ERROR(source->Open(options));
  return source;
}

absl::StatusOr<at::Tensor> DecodeImage(absl::string_view bytes,
                                       const DecodeOptions& options) {
  ASSIGN_OR_RETURN(auto decoder, OpenPixelDecoder(bytes, options));
  return Decode(*decoder, {0, 0, decoder->height(), decoder->width()});
}

}  // namespace caldera::data
