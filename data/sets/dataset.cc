#include "data/sets/dataset.h"

namespace caldera::data {

void DatasetInfo::SetSize(int64_t channels, int64_t height, int64_t width) {
  this->channels = channels;
  this->height = height;
  this->width = width;
  if (!mean.empty()) return;
  if (channels == 3) {
    mean = {0.485, 0.456, 0.406};
    std = {0.229, 0.224, 0.225};
  } else {
    mean.assign(channels, 0.5);
    std.assign(channels, 0.5);
  }
}

}  // namespace caldera::data
