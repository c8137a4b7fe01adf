#include "data/decode/decode_image.h"

#include <ATen/ops/empty.h>

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/join_words.h"
#include "base/status.h"
#include "data/decode/image_format.h"
#include "data/decode/pixel_decoder.h"

namespace caldera::data {
namespace {

// A kind of file that users may expect to be read.
struct OtherKind {
  size_t offset;  // of the bytes that tell it
  absl::string_view bytes, name;
};

constexpr OtherKind kOtherKinds[] = {
    {0, "8BPS", "a Photoshop file (PSD)"},
    {4, "jP  ", "JPEG 2000"},
    {0, "\xff\x4f\xff\x51", "JPEG 2000"},
    {4, "JXL ", "JPEG XL"},
    {0, "\xff\x0a", "JPEG XL"},
    {0, "FUJIFILMCCD-RAW", "a camera's raw file (RAF)"},
    {0, "IIRO", "a camera's raw file (ORF)"},
    {0, "IIRS", "a camera's raw file (ORF)"},
    {0, "IIU", "a camera's raw file (RW2)"},
    {4, "ftypcrx", "a camera's raw file (CR3)"},
    {4, "ftyp", "a video"},
    {0, "\x1a\x45\xdf\xa3", "a video"},
    {0, "%PDF", "a PDF"},
    {0, "v/1\x01", "OpenEXR"},
    {0, "\x93NUMPY", "an array of NumPy"},
    {0, "\x89HDF", "an HDF5 file"},
    {0, "version https://git-lfs", "a pointer of Git LFS (run git lfs pull)"},
    {0, "<", "text (SVG, HTML?)"},
};

// Returns the name of the kind that `bytes` are of; empty if none matches.
absl::string_view OtherFormat(absl::string_view bytes) {
  for (const OtherKind& kind : kOtherKinds) {
    if (absl::StartsWith(absl::ClippedSubstr(bytes, kind.offset), kind.bytes)) {
      return kind.name;
    }
  }
  return "";
}

// Chooses the decoder by the first bytes. `bytes` must outlive it.
absl::StatusOr<std::unique_ptr<PixelDecoder>> OpenPixelDecoder(
    absl::string_view bytes, const DecodeOptions& options) {
  if (bytes.empty()) return absl::InvalidArgumentError("empty: 0 bytes");
  const ImageFormat* const format = ImageFormatOf(bytes);
  if (format != nullptr) return format->open(bytes, options);

  const absl::string_view other = OtherFormat(bytes);
  return absl::InvalidArgumentError(absl::StrCat(
      other.empty() ? absl::StrCat("not an image: starts with \"",
                                   absl::CHexEscape(bytes.substr(0, 8)), "\"")
                    : absl::StrCat("is ", other),
      "; ", base::JoinWords(ImageFormatNames(), "and"), " are read"));
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
