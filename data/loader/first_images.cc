#include "data/loader/first_images.h"

#include <ATen/ops/cat.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "data/loader/loader.h"

namespace caldera::data {
namespace {

// After so many batches without an image, the set is bad and not an image.
constexpr int64_t kMostBatches = 100;

}  // namespace

absl::StatusOr<Batch> FirstImages(const std::shared_ptr<const Dataset>& dataset,
                                  int64_t count, int64_t image_size,
                                  LoaderSpec::OnBadImage on_bad_image) {
  LoaderOptions options;
  options.batch_size =
      std::max<int64_t>(1, std::min(count, dataset->size()));
  options.image_size = image_size;
  options.workers = 0;
  options.on_bad_image = on_bad_image;
  options.leave_out = true;
  ASSIGN_OR_RETURN(const auto loader, Loader::Create(dataset, options));
  ASSIGN_OR_RETURN(Batch batch, loader->Next());
  const int64_t batches = std::min(loader->steps_per_epoch(), kMostBatches);
  for (int64_t b = 1; b < batches && batch.index.size(0) < count; ++b) {
    ASSIGN_OR_RETURN(const Batch more, loader->Next());
    const int64_t rows =
        std::min(count - batch.index.size(0), more.index.size(0));
    const auto add = [rows](at::Tensor& tensor, const at::Tensor& other) {
      tensor = at::cat({tensor, other.narrow(0, 0, rows)});
    };
    add(batch.views[0], more.views[0]);
    add(batch.labels, more.labels);
    add(batch.index, more.index);
    batch.plans[0].insert(batch.plans[0].end(), more.plans[0].begin(),
                          more.plans[0].begin() + rows);
  }
  if (batch.index.size(0) > 0) return batch;
  return absl::DataLossError(
      absl::StrCat(dataset->info().name, ": none of the first ",
                   std::min(batches * options.batch_size, dataset->size()),
                   " images can be read"));
}

}  // namespace caldera::data
