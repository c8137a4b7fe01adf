#include "data/decode/decode_image.h"

#include <ATen/ops/empty.h>

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/join_words.h"
#include "base/status.h"
#include "data/decode/image_format.h"
#include "data/decode/pixel_decoder.h"

namespace caldera::data {
namespace {

// Names an unsupported kind that users may expect to work; empty if none
// matches.
absl::string_view OtherFormat(absl::string_view bytes) {
  if (absl::StartsWith(bytes, "GIF8")) return "a GIF";
  if (absl::StartsWith(bytes, absl::string_view("II*\0", 4)) ||
      absl::StartsWith(bytes, absl::string_view("MM\0*", 4))) {
    return "a TIFF";
  }
  if (absl::ClippedSubstr(bytes, 4, 4) == "ftyp")
    return "an AVIF, HEIF or video";
  if (absl::StartsWith(bytes, "<")) return "text (SVG, HTML?)";
  return "";
}

// Chooses the decoder by the first bytes. `bytes` must outlive it.
absl::StatusOr<std::unique_ptr<PixelDecoder>> OpenPixelDecoder(
    absl::string_view bytes, const DecodeOptions& options) {
  if (bytes.empty()) return absl::InvalidArgumentError("empty: 0 bytes");
  const ImageFormat* const format = ImageFormatOf(bytes);
  if (format != nullptr) return format->open(bytes, options);

  std::vector<std::string> read;
  for (const ImageFormat& one : ImageFormats()) read.push_back(one.name);
  const absl::string_view other = OtherFormat(bytes.substr(0, 12));
  return absl::InvalidArgumentError(absl::StrCat(
      other.empty() ? absl::StrCat("not an image: starts with \"",
                                   absl::CHexEscape(bytes.substr(0, 8)), "\"")
                    : absl::StrCat("is ", other),
      "; ", base::JoinWords(read, "and"), " are read"));
}

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

  // Call this once, before anything else.
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
