#include "data/sets/named_image.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "data/decode/decode_image.h"

namespace caldera::data {
namespace {

absl::Status Named(const std::string& name, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(name, ": ", status.message()));
}

class NamedImage : public ImageSource {
 public:
  NamedImage(std::string name, std::unique_ptr<ImageSource> source)
      : name_(std::move(name)), source_(std::move(source)) {}

  int64_t channels() const override { return source_->channels(); }
  int64_t height() const override { return source_->height(); }
  int64_t width() const override { return source_->width(); }

  absl::StatusOr<at::Tensor> Region(const Rectangle& rectangle) override {
    absl::StatusOr<at::Tensor> pixels = source_->Region(rectangle);
    if (!pixels.ok()) return Named(name_, pixels.status());
    return pixels;
  }

 private:
  const std::string name_;
  const std::unique_ptr<ImageSource> source_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ImageSource>> OpenNamedImage(
    std::string bytes, const DecodeOptions& options, std::string name) {
  absl::StatusOr<std::unique_ptr<ImageSource>> source =
      OpenEncodedImage(std::move(bytes), options);
  if (!source.ok()) return Named(name, source.status());
  return std::make_unique<NamedImage>(std::move(name), *std::move(source));
}

absl::StatusOr<at::Tensor> WholeImage(
    const absl::StatusOr<std::unique_ptr<ImageSource>>& source) {
  if (!source.ok()) return source.status();
  return (*source)->Region({0, 0, (*source)->height(), (*source)->width()});
}

}  // namespace caldera::data
