#include "data/tools/contact_sheet.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/draw/image_grid.h"
#include "base/status.h"
#include "data/loader/loader.h"

namespace caldera::data {
namespace {

absl::StatusOr<Batch> FirstBatch(std::shared_ptr<const Dataset> dataset,
                                 const LoaderOptions& options, int64_t epoch) {
  ASSIGN_OR_RETURN(auto loader, Loader::Create(std::move(dataset), options));
  loader->Seek(epoch, 0);
  return loader->Next();
}

}  // namespace

absl::StatusOr<at::Tensor> ContactSheet(std::shared_ptr<const Dataset> dataset,
                                        LoaderOptions options, int64_t rows,
                                        int64_t epoch) {
  options.batch_size = std::min(rows, dataset->size());
  options.workers = 0;
  options.repeats = 1;
  options.drop_last = false;
  ASSIGN_OR_RETURN(const Batch views, FirstBatch(dataset, options, epoch));
  options.views.clear();  // the same samples, only fitted
  ASSIGN_OR_RETURN(const Batch plain, FirstBatch(dataset, options, epoch));

  std::vector<std::vector<at::Tensor>> grid;
  for (int64_t b = 0; b < plain.index.numel(); ++b) {
    std::vector<at::Tensor>& row = grid.emplace_back();
    row.push_back(plain.views[0][b]);
    for (const at::Tensor& view : views.views) row.push_back(view[b]);
  }
  const int64_t scale = std::max<int64_t>(1, 128 / options.image_size);
  return base::ImageGrid(grid, scale, /*gap=*/4);
}

}  // namespace caldera::data
