#include "data/decode/image_source.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace caldera::data {
namespace {

class InMemory : public ImageSource {
 public:
  explicit InMemory(at::Tensor image) : image_(std::move(image)) {}

  int64_t channels() const override { return image_.size(0); }
  int64_t height() const override { return image_.size(1); }
  int64_t width() const override { return image_.size(2); }
  absl::StatusOr<at::Tensor> Region(const Rectangle& r) override {
    if (r.height == height() && r.width == width()) return image_;
    return image_.narrow(1, r.top, r.height).narrow(2, r.left, r.width);
  }

 private:
  at::Tensor image_;
};

}  // namespace

absl::Status CheckImage(const at::Tensor& image) {
  if (image.dim() == 3 && image.scalar_type() == at::kByte &&
      image.numel() > 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("has shape [", absl::StrJoin(image.sizes(), ", "), "] of ",
                   at::toString(image.scalar_type()),
                   ", expected bytes [C, H, W]; convert it"));
}

std::unique_ptr<ImageSource> SourceOf(at::Tensor image) {
  return std::make_unique<InMemory>(std::move(image));
}

}  // namespace caldera::data
