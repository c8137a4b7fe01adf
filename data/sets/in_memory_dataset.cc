#include "data/sets/in_memory_dataset.h"

#include <glog/logging.h>

#include <utility>

namespace caldera::data {
namespace {

class InMemoryDataset : public Dataset {
 public:
  InMemoryDataset(DatasetInfo info, std::vector<ImageBlock> blocks)
      : info_(std::move(info)), blocks_(std::move(blocks)) {
    for (const ImageBlock& block : blocks_) {
      CHECK_EQ(block.images.size(0), block.labels.size());
      size_ += block.labels.size();
    }
  }

  const DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return size_; }

  absl::StatusOr<at::Tensor> Image(int64_t i) const override {
    const ImageBlock& block = BlockOf(i);
    return block.images.select(0, i);  // [C, H, W]
  }

  int64_t Label(int64_t i) const override {
    const ImageBlock& block = BlockOf(i);
    return block.labels[i];
  }

 private:
  // Returns the block of image `i`, and sets `i` to the image's number in it.
  const ImageBlock& BlockOf(int64_t& i) const {
    CHECK(i >= 0 && i < size_) << i;
    auto block = blocks_.begin();
    while (i >= block->labels.size()) {
      i -= block->labels.size();
      ++block;
    }
    return *block;
  }

  const DatasetInfo info_;
  const std::vector<ImageBlock> blocks_;
  int64_t size_ = 0;
};

}  // namespace

std::shared_ptr<const Dataset> MakeInMemoryDataset(
    DatasetInfo info, std::vector<ImageBlock> blocks) {
  CHECK(!blocks.empty());
  const at::Tensor& images = blocks[0].images;
  info.SetSize(images.size(1), images.size(2), images.size(3));
  return std::make_shared<const InMemoryDataset>(std::move(info),
                                                 std::move(blocks));
}

}  // namespace caldera::data
