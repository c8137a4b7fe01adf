// The formats of image files. Each is one file in data/decode/decoders, which
// registers how its files are recognised and opened:
//
//   const bool kRegistered = RegisterImageFormat(
//       {"QOI", "The Quite OK Image format.", /*rank=*/50,
//        /*signatures=*/{"qoif"}, /*endings=*/{".qoi"},
//        OpenEncoded<QoiDecoder>});
//
// Everything else follows: files with that ending count as images of a folder
// or of a tar shard, and OpenEncodedImage (decode_image.h) reads them.
//
// Caveats: a program has the formats that are linked into it, by depending on
// //data/decode:all_decoders. A format may need a library that is opened when
// the program runs (HEIC, AVIF); without it, its files are no images and
// MissingPackageFor() names what to install. No LibTorch here, so that decoders
// can be fuzzed.
#ifndef CALDERA_DATA_DECODE_IMAGE_FORMAT_H_
#define CALDERA_DATA_DECODE_IMAGE_FORMAT_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "data/decode/decode_options.h"
#include "data/decode/pixel_decoder.h"

namespace caldera::data {

// Reads the header of a file. `bytes` must outlive the decoder. Errors:
// InvalidArgument for kinds that are not read and for a size that `options`
// refuse; DataLoss for a damaged or truncated file. They begin with the
// format's name.
using OpenDecoder = absl::StatusOr<std::unique_ptr<PixelDecoder>> (*)(
    absl::string_view bytes, const DecodeOptions& options);

// An OpenDecoder for a class of decoders, which are made from the bytes and
// have
//   absl::Status ReadHeader(const DecodeOptions& options);
//   int orientation() const;  // EXIF's, 1 unless the options ask for it
template <typename Decoder>
absl::StatusOr<std::unique_ptr<PixelDecoder>> OpenEncoded(
    absl::string_view bytes, const DecodeOptions& options) {
  auto decoder = std::make_unique<Decoder>(bytes);
  RETURN_IF_ERROR(decoder->ReadHeader(options));
  const int orientation = decoder->orientation();
  return Oriented(std::move(decoder), orientation);
}

struct ImageFormat {
  std::string name;     // "JPEG", as messages write it
  std::string summary;  // a sentence, for --explain
  int rank = 0;         // its place among the formats, smaller ones first
  // A file begins with one of these; '?' stands for any byte.
  std::vector<std::string> signatures;
  std::vector<std::string> endings;  // of files' names, in lower case: ".jpg"
  OpenDecoder open = nullptr;
  // Returns the Debian package that reading needs and this machine lacks; "" if
  // there is none. Null: the format is always read.
  std::string (*missing_package)() = nullptr;
};

// CHECK: no other format has that name.
bool RegisterImageFormat(ImageFormat format);

// Returns the registered formats by rank and name.
const std::vector<ImageFormat>& ImageFormats();

// Returns the format with a signature that `bytes` begin with, or null.
const ImageFormat* ImageFormatOf(absl::string_view bytes);

// True if `name` ends like the files of a format that can be read here, in any
// case.
bool IsImageName(absl::string_view name);

// Returns the package to install if `name` ends like the files of a format that
// cannot be read here without it; else "".
//
//   MissingPackageFor("a/IMG_1.HEIC");  // "libheif1", or "" if that is there
std::string MissingPackageFor(absl::string_view name);

// Returns the endings of the formats that can be read here: {".jpg", ...}.
std::vector<std::string> ImageEndings();

// Returns the names of the formats that can be read here: {"JPEG", "PNG", ...}.
std::vector<std::string> ImageFormatNames();

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_IMAGE_FORMAT_H_
