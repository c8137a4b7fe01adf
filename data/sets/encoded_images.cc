#include "data/sets/encoded_images.h"

#include <utility>

#include "base/field_path.h"
#include "base/status.h"
#include "data/decode/decode_image.h"

namespace caldera::data {
namespace {

class NamedImage : public ImageSource {
 public:
  NamedImage(std::string name, std::unique_ptr<ImageSource> source)
      : name_(std::move(name)), source_(std::move(source)) {}

  int64_t channels() const override { return source_->channels(); }
  int64_t height() const override { return source_->height(); }
  int64_t width() const override { return source_->width(); }

  absl::StatusOr<at::Tensor> Region(const Rectangle& rectangle) override {
    return base::About(name_, source_->Region(rectangle));
  }

 private:
  const std::string name_;
  const std::unique_ptr<ImageSource> source_;
};

}  // namespace

DecodeOptions DecodeOptionsOf(const DataSpec& spec) {
  return {spec.decode().apply_exif_orientation(), spec.decode().max_pixels(),
          spec.png_bits()};
}

absl::StatusOr<std::unique_ptr<ImageSource>> OpenNamedImage(
    std::string bytes, const DecodeOptions& options, std::string name) {
  ASSIGN_OR_RETURN(
      std::unique_ptr<ImageSource> source,
      base::About(name, OpenEncodedImage(std::move(bytes), options)));
  return std::make_unique<NamedImage>(std::move(name), std::move(source));
}

absl::StatusOr<at::Tensor> WholeImage(
    const absl::StatusOr<std::unique_ptr<ImageSource>>& source) {
  RETURN_IF_ERROR(source);
  return (*source)->Region({0, 0, (*source)->height(), (*source)->width()});
}

}  // namespace caldera::data
