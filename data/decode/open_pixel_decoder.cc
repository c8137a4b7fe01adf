#include "data/decode/open_pixel_decoder.h"

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "data/decode/bmp_decoder.h"
#include "data/decode/jpeg_decoder.h"
#include "data/decode/png_decoder.h"
#include "data/decode/webp_decoder.h"

namespace caldera::data {
namespace {

// The kind of image that people take for one we read; empty if none.
absl::string_view OtherFormat(absl::string_view bytes) {
  if (absl::StartsWith(bytes, "GIF8")) return "a GIF";
  if (absl::StartsWith(bytes, absl::string_view("II*\0", 4)) ||
      absl::StartsWith(bytes, absl::string_view("MM\0*", 4))) {
    return "a TIFF";
  }
  if (bytes.substr(4, 4) == "ftyp") return "an AVIF, HEIF or video";
  if (absl::StartsWith(bytes, "<")) return "text (SVG, HTML?)";
  return "";
}

}  // namespace

absl::StatusOr<std::unique_ptr<PixelDecoder>> OpenPixelDecoder(
    absl::string_view bytes, const DecodeOptions& options) {
  if (bytes.empty()) return absl::InvalidArgumentError("empty: 0 bytes");
  if (absl::StartsWith(bytes, "\xff\xd8\xff")) return OpenJpeg(bytes, options);
  if (absl::StartsWith(bytes, "\x89PNG\r\n\x1a\n")) {
    return OpenPng(bytes, options);
  }
  if (absl::StartsWith(bytes, "RIFF") && bytes.substr(8, 4) == "WEBP") {
    return OpenWebp(bytes, options);
  }
  if (absl::StartsWith(bytes, "BM")) return OpenBmp(bytes, options);

  constexpr absl::string_view kRead = "; JPEG, PNG, WebP and BMP are read";
  const absl::string_view other = OtherFormat(bytes.substr(0, 12));
  if (!other.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("is ", other, kRead));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("not an image: starts with \"",
                   absl::CHexEscape(bytes.substr(0, 8)), "\"", kRead));
}

}  // namespace caldera::data
