#include "base/draw/svg_pixels.h"

#include <ATen/ops/empty.h>
#include <cairo.h>
#include <dlfcn.h>
#include <librsvg/rsvg.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>

#include "absl/strings/str_cat.h"

namespace caldera::base {
namespace {

constexpr double kMostPixels = 16384;

// What is used of librsvg, of cairo and of GLib, on which it depends.
struct Library {
  decltype(&rsvg_handle_new_from_data) handle_new;
  decltype(&rsvg_handle_get_intrinsic_size_in_pixels) handle_size;
  decltype(&rsvg_handle_render_document) handle_render;
  decltype(&g_object_unref) object_unref;
  decltype(&g_clear_error) clear_error;
  decltype(&cairo_create) canvas_create;
  decltype(&cairo_destroy) canvas_destroy;
  decltype(&cairo_paint) canvas_paint;
  decltype(&cairo_set_source_rgb) canvas_set_source_rgb;
  decltype(&cairo_image_surface_create) surface_create;
  decltype(&cairo_image_surface_get_data) surface_data;
  decltype(&cairo_image_surface_get_stride) surface_stride;
  decltype(&cairo_surface_flush) surface_flush;
  decltype(&cairo_surface_destroy) surface_destroy;
};

// Opens the library, which stays open until the program ends: programs start
// without it, and only who draws text as pixels needs it.
absl::StatusOr<Library> OpenLibrary() {
  constexpr char kFile[] = "librsvg-2.so.2";
  void* const opened = dlopen(kFile, RTLD_NOW | RTLD_LOCAL);
  if (opened == nullptr) {
    return absl::NotFoundError(
        absl::StrCat("SVG: needs a library that cannot be opened (", dlerror(),
                     "); install the package librsvg2-2"));
  }
  std::string missing;
  const auto find = [&](const char* name, auto& function) {
    function =
        reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(opened, name));
    if (function == nullptr) missing = name;
  };
  Library library;
  find("rsvg_handle_new_from_data", library.handle_new);
  find("rsvg_handle_get_intrinsic_size_in_pixels", library.handle_size);
  find("rsvg_handle_render_document", library.handle_render);
  find("g_object_unref", library.object_unref);
  find("g_clear_error", library.clear_error);
  find("cairo_create", library.canvas_create);
  find("cairo_destroy", library.canvas_destroy);
  find("cairo_paint", library.canvas_paint);
  find("cairo_set_source_rgb", library.canvas_set_source_rgb);
  find("cairo_image_surface_create", library.surface_create);
  find("cairo_image_surface_get_data", library.surface_data);
  find("cairo_image_surface_get_stride", library.surface_stride);
  find("cairo_surface_flush", library.surface_flush);
  find("cairo_surface_destroy", library.surface_destroy);
  if (missing.empty()) return library;
  return absl::FailedPreconditionError(
      absl::StrCat("SVG: ", kFile, " has no ", missing,
                   "; it must be version 2.52 or newer"));
}

absl::Status Refused(const Library& library, GError* error, const char* what) {
  const std::string reason = error == nullptr ? what : error->message;
  library.clear_error(&error);
  return absl::InvalidArgumentError(absl::StrCat("SVG: ", reason));
}

// Splits rows of 32-bit pixels, 0xffRRGGBB, opaque on the painted background.
at::Tensor Planes(const Library& library, cairo_surface_t* surface,
                  int64_t height, int64_t width) {
  at::Tensor pixels = at::empty({3, height, width}, at::kByte);
  auto* out = pixels.mutable_data_ptr<uint8_t>();
  const unsigned char* rows = library.surface_data(surface);
  const int stride = library.surface_stride(surface);
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
  static const absl::StatusOr<Library> opened = OpenLibrary();
  if (!opened.ok()) return opened.status();
  const Library& library = *opened;
  GError* error = nullptr;
  const std::unique_ptr<RsvgHandle, decltype(library.object_unref)> handle(
      library.handle_new(reinterpret_cast<const guint8*>(svg.data()),
                         static_cast<gsize>(svg.size()), &error),
      library.object_unref);
  if (handle == nullptr) return Refused(library, error, "cannot be read");
  double width = 0, height = 0;
  if (!library.handle_size(handle.get(), &width, &height)) {
    return Refused(library, nullptr, "has no width and height");
  }
  width = std::ceil(width * scale);
  height = std::ceil(height * scale);
  if (!(width >= 1 && width <= kMostPixels && height >= 1 &&
        height <= kMostPixels)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "SVG: ", width, " x ", height, " pixels are not in 1..", kMostPixels));
  }
  const std::unique_ptr<cairo_surface_t, decltype(library.surface_destroy)>
      surface(
          library.surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(width),
                                 static_cast<int>(height)),
          library.surface_destroy);
  const std::unique_ptr<cairo_t, decltype(library.canvas_destroy)> canvas(
      library.canvas_create(surface.get()), library.canvas_destroy);
  library.canvas_set_source_rgb(canvas.get(), 1, 1, 1);
  library.canvas_paint(canvas.get());
  const RsvgRectangle viewport = {0, 0, width, height};
  if (!library.handle_render(handle.get(), canvas.get(), &viewport, &error)) {
    return Refused(library, error, "cannot be drawn");
  }
  library.surface_flush(surface.get());
  return Planes(library, surface.get(), static_cast<int64_t>(height),
                static_cast<int64_t>(width));
}

}  // namespace caldera::base
