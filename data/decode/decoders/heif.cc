// Decodes the primary image of HEIC and AVIF files with libheif, which is
// opened when the first such file is met (heif_library.h).
//
// Pixels are 8-bit RGB, which libheif makes of more bits and other colour
// spaces; alpha is dropped. HEIC is turned, mirrored and cropped as the file
// says, as pillow-heif does; AVIF only with apply_exif_orientation, as Pillow
// does.
//
// Caveat: the image is decoded once and completely, whatever the rectangle.
#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "data/decode/heif_library.h"
#include "data/decode/image_format.h"

namespace caldera::data {
namespace {

// Tiles and other images that the primary one is made of may be larger than it,
// up to this side.
constexpr int kMaxPartSide = 4096;

struct HeifKind {
  const char* name;
  int compression;
  bool always_turned;
};
constexpr HeifKind kHeic = {"HEIC", heif::kHevc, true};
constexpr HeifKind kAvif = {"AVIF", heif::kAv1, false};

class HeifDecoder : public PixelDecoder {
 public:
  HeifDecoder(const HeifKind& kind, absl::string_view bytes,
              const HeifLibrary& heif)
      : kind_(kind),
        bytes_(bytes),
        heif_(heif),
        context_(heif.context_alloc()) {}
  ~HeifDecoder() override {
    if (image_ != nullptr) heif_.image_release(image_);
    if (handle_ != nullptr) heif_.image_handle_release(handle_);
    heif_.context_free(context_);
  }

  // Call this once, before Decode().
  absl::Status ReadHeader(const DecodeOptions& options);

  absl::Status Decode(const Rectangle& rectangle, uint8_t* rgb) override;

 private:
  absl::Status DecodeImage();

  // Calls a function of libheif, and returns the error that it reports, or OK.
  template <typename Call>
  absl::Status Try(Call call) const {
    try {
      return Result(call());
    } catch (const std::bad_alloc&) {
      throw;  // the machine's fault, not the image's
    } catch (const std::exception& error) {
      return absl::DataLossError(absl::StrCat(kind_.name, ": ", error.what()));
    }
  }
  absl::Status Result(const heif::Error& error) const;

  const HeifKind& kind_;
  const absl::string_view bytes_;
  const HeifLibrary& heif_;
  heif::Context* const context_;
  heif::Handle* handle_ = nullptr;
  heif::Image* image_ = nullptr;  // null before the first Decode()
  bool turned_ = true;
};

absl::Status HeifDecoder::Result(const heif::Error& error) const {
  if (error.code == 0) return absl::OkStatus();
  constexpr int kUnsupportedFiletype = 3, kUnsupportedFeature = 4;
  const std::string text = absl::StrCat(
      kind_.name, ": ", error.message == nullptr ? "damaged" : error.message);
  return error.code == kUnsupportedFiletype || error.code == kUnsupportedFeature
             ? absl::InvalidArgumentError(text)
             : absl::DataLossError(text);
}

absl::Status HeifDecoder::ReadHeader(const DecodeOptions& options) {
  // The loader's workers decode several images at a time.
  if (heif_.context_set_max_decoding_threads != nullptr) {
    heif_.context_set_max_decoding_threads(context_, 0);
  }
  RETURN_IF_ERROR(Try([&] {
    return heif_.context_read_from_memory_without_copy(context_, bytes_.data(),
                                                       bytes_.size(), nullptr);
  }));
  RETURN_IF_ERROR(Try([&] {
    return heif_.context_get_primary_image_handle(context_, &handle_);
  }));
  turned_ = kind_.always_turned || options.apply_exif_orientation;
  const int height = turned_ ? heif_.image_handle_get_height(handle_)
                             : heif_.image_handle_get_ispe_height(handle_);
  const int width = turned_ ? heif_.image_handle_get_width(handle_)
                            : heif_.image_handle_get_ispe_width(handle_);
  set_size(height, width);
  RETURN_IF_ERROR(CheckImageSize(kind_.name, height, width, options));
  heif_.context_set_maximum_image_size_limit(
      context_, std::max({kMaxPartSide, height + 1, width + 1}));
  return absl::OkStatus();
}

absl::Status HeifDecoder::DecodeImage() {
  heif::DecodingOptions* const options = heif_.decoding_options_alloc();
  options->ignore_transformations = turned_ ? 0 : 1;
  const absl::Status status = Try([&] {
    return heif_.decode_image(handle_, &image_, heif::kRgb,
                              heif::kInterleavedRgb, options);
  });
  heif_.decoding_options_free(options);
  RETURN_IF_ERROR(status);
  const int decoded_height = heif_.image_get_height(image_, heif::kInterleaved);
  const int decoded_width = heif_.image_get_width(image_, heif::kInterleaved);
  if (decoded_height != height() || decoded_width != width()) {
    heif_.image_release(image_);
    image_ = nullptr;
    return absl::DataLossError(
        absl::StrCat(kind_.name, ": its header says ", width(), " x ", height(),
                     " pixels, it has ", decoded_width, " x ", decoded_height));
  }
  return absl::OkStatus();
}

absl::Status HeifDecoder::Decode(const Rectangle& rectangle, uint8_t* rgb) {
  CheckInside(rectangle);
  if (image_ == nullptr) RETURN_IF_ERROR(DecodeImage());
  int stride = 0;
  const uint8_t* const pixels =
      heif_.image_get_plane_readonly(image_, heif::kInterleaved, &stride);
  for (int64_t y = 0; y < rectangle.height; ++y) {
    std::memcpy(rgb + 3 * rectangle.width * y,
                pixels + (rectangle.top + y) * stride + 3 * rectangle.left,
                3 * rectangle.width);
  }
  return absl::OkStatus();
}

template <const HeifKind& kKind>
absl::StatusOr<std::unique_ptr<PixelDecoder>> Open(
    absl::string_view bytes, const DecodeOptions& options) {
  const absl::StatusOr<HeifLibrary>& heif = SystemHeif();
  if (!heif.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(kKind.name, ": ", heif.status().message()));
  }
  auto decoder = std::make_unique<HeifDecoder>(kKind, bytes, *heif);
  RETURN_IF_ERROR(decoder->ReadHeader(options));
  return decoder;
}

template <const HeifKind& kKind>
std::string Missing() {
  // Asked for each file of a folder.
  static const auto& package =
      *new std::string(MissingHeifPackage(SystemHeif(), kKind.compression));
  return package;
}

const bool kHeicRegistered = RegisterImageFormat(
    {kHeic.name,
     "HEIC, the photos of telephones, if libheif.so.1 is installed.",
     /*rank=*/70,
     /*signatures=*/
     {"????ftyphei", "????ftyphev", "????ftypmif1", "????ftypmsf1"},
     /*endings=*/{".heic", ".heif", ".hif"},
     Open<kHeic>,
     Missing<kHeic>});

const bool kAvifRegistered = RegisterImageFormat(
    {kAvif.name, "AVIF, if libheif.so.1 is installed.", /*rank=*/80,
     /*signatures=*/{"????ftypavif", "????ftypavis"},
     /*endings=*/{".avif"}, Open<kAvif>, Missing<kAvif>});

}  // namespace
}  // namespace caldera::data
