// Opens libheif when the program runs: it needs a library under the GPL, so
// that it is never linked and none of its headers is included.
//
//   const absl::StatusOr<HeifLibrary>& heif = SystemHeif();
//   if (!heif.ok()) return heif.status();  // names the package to install
//   heif::Context* context = heif->context_alloc();
//
// Caveat: the types below are those parts of libheif's C interface, version 1,
// that are the same from 1.11 on.
#ifndef CALDERA_DATA_DECODE_HEIF_LIBRARY_H_
#define CALDERA_DATA_DECODE_HEIF_LIBRARY_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace caldera::data {

namespace heif {

struct Context;
struct Handle;  // an image that is not decoded
struct Image;

struct Error {
  int code;  // 0: none
  int subcode;
  const char* message;
};

// The beginning of the options, which decoding_options_alloc() makes.
struct DecodingOptions {
  uint8_t version;
  uint8_t ignore_transformations;
};

constexpr int kHevc = 1, kAv1 = 4;   // heif_compression_format
constexpr int kRgb = 1;              // heif_colorspace
constexpr int kInterleavedRgb = 10;  // heif_chroma
constexpr int kInterleaved = 10;     // heif_channel

}  // namespace heif

// The functions, by libheif's names without "heif_".
struct HeifLibrary {
  uint32_t (*get_version_number)();
  int (*have_decoder_for_format)(int compression);
  heif::Context* (*context_alloc)();
  void (*context_free)(heif::Context*);
  heif::Error (*context_read_from_memory_without_copy)(heif::Context*,
                                                       const void* bytes,
                                                       size_t size,
                                                       const void* options);
  void (*context_set_maximum_image_size_limit)(heif::Context*, int side);
  heif::Error (*context_get_primary_image_handle)(heif::Context*,
                                                  heif::Handle**);
  void (*image_handle_release)(const heif::Handle*);
  int (*image_handle_get_width)(const heif::Handle*);
  int (*image_handle_get_height)(const heif::Handle*);
  int (*image_handle_get_ispe_width)(const heif::Handle*);
  int (*image_handle_get_ispe_height)(const heif::Handle*);
  heif::DecodingOptions* (*decoding_options_alloc)();
  void (*decoding_options_free)(heif::DecodingOptions*);
  heif::Error (*decode_image)(const heif::Handle*, heif::Image**,
                              int colorspace, int chroma,
                              const heif::DecodingOptions*);
  int (*image_get_width)(const heif::Image*, int channel);
  int (*image_get_height)(const heif::Image*, int channel);
  const uint8_t* (*image_get_plane_readonly)(const heif::Image*, int channel,
                                             int* stride);
  void (*image_release)(const heif::Image*);
  // Null before 1.13.
  void (*context_set_max_decoding_threads)(heif::Context*, int threads);
};

// Opens the shared library `file`. Errors: NotFound if it cannot be opened;
// FailedPrecondition if its version is another one. Each says what to install.
absl::StatusOr<HeifLibrary> OpenHeifLibrary(const std::string& file);

// Returns libheif.so.1, opened at the first call.
const absl::StatusOr<HeifLibrary>& SystemHeif();

// Returns the Debian package that is missing for images of that compression
// (kHevc, kAv1): "libheif1", or one of its plugins; "" if they can be decoded.
std::string MissingHeifPackage(const absl::StatusOr<HeifLibrary>& library,
                               int compression);

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_HEIF_LIBRARY_H_
