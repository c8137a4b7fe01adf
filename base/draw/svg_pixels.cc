#include "base/draw/svg_pixels.h"

#include <ATen/ops/empty.h>
#include <cairo.h>
#include <librsvg/rsvg.h>

#include <cmath>
#include <cstdint>
#include <memory>

#include "absl/strings/str_cat.h"

namespace caldera::base {
namespace {

constexpr double kMostPixels = 16384;

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Handle = std::unique_ptr<RsvgHandle, Deleter<g_object_unref>>;
using Surface =
    std::unique_ptr<cairo_surface_t, Deleter<cairo_surface_destroy>>;
using Canvas = std::unique_ptr<cairo_t, Deleter<cairo_destroy>>;

absl::Status Refused(GError* error, const char* what) {
  const std::string reason = error == nullptr ? what : error->message;
  g_clear_error(&error);
  return absl::InvalidArgumentError(absl::StrCat("SVG: ", reason));
}

// Splits rows of 32-bit pixels, 0xffRRGGBB, opaque on the painted background.
at::Tensor Planes(cairo_surface_t* surface, int64_t height, int64_t width) {
  at::Tensor pixels = at::empty({3, height, width}, at::kByte);
  auto* out = pixels.mutable_data_ptr<uint8_t>();
  const unsigned char* rows = cairo_image_surface_get_data(surface);
  const int stride = cairo_image_surface_get_stride(surface);
  for (int64_t y = 0; y < height; ++y) {
    const auto* row = reinterpret_cast<const uint32_t*>(rows + y * stride);
    for (int64_t x = 0; x < width; ++x) {
      for (int64_t c = 0; c < 3; ++c) {
        out[(c * height + y) * width + x] =
            static_cast<uint8_t>(row[x] >> (16 - 8 * c));
      }
    }
  }
  return pixels;
}

}  // namespace

absl::StatusOr<at::Tensor> SvgPixels(const std::string& svg, double scale) {
  GError* error = nullptr;
  const Handle handle(
      rsvg_handle_new_from_data(reinterpret_cast<const guint8*>(svg.data()),
                                static_cast<gsize>(svg.size()), &error));
  if (handle == nullptr) return Refused(error, "cannot be read");
  double width = 0, height = 0;
  if (!rsvg_handle_get_intrinsic_size_in_pixels(handle.get(), &width,
                                                &height)) {
    return Refused(nullptr, "has no width and height");
  }
  width = std::ceil(width * scale);
  height = std::ceil(height * scale);
  if (!(width >= 1 && width <= kMostPixels && height >= 1 &&
        height <= kMostPixels)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "SVG: ", width, " x ", height, " pixels are not in 1..", kMostPixels));
  }
  const Surface surface(cairo_image_surface_create(
      CAIRO_FORMAT_RGB24, static_cast<int>(width), static_cast<int>(height)));
  const Canvas canvas(cairo_create(surface.get()));
  cairo_set_source_rgb(canvas.get(), 1, 1, 1);
  cairo_paint(canvas.get());
  const RsvgRectangle viewport = {0, 0, width, height};
  if (!rsvg_handle_render_document(handle.get(), canvas.get(), &viewport,
                                   &error)) {
    return Refused(error, "cannot be drawn");
  }
  cairo_surface_flush(surface.get());
  return Planes(surface.get(), static_cast<int64_t>(height),
                static_cast<int64_t>(width));
}

}  // namespace caldera::base
