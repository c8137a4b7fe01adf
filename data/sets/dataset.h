// The interface of a labelled set of images, which are read by index.
//
//   auto dataset = OpenDataset("fashion_mnist", Split::kTrain);
//   absl::StatusOr<at::Tensor> image = (*dataset)->Image(0);  // [1, 28, 28]
//
// All methods are const and safe to call from several threads at once: the
// loader's workers share one Dataset. OpenDataset is in open_dataset.h.
#ifndef CALDERA_DATA_SETS_DATASET_H_
#define CALDERA_DATA_SETS_DATASET_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/status.h"
#include "data/decode/image_source.h"
#include "data/formats/not_read.h"
#include "data/split.h"

namespace caldera::data {

struct DatasetInfo {
  std::string name;             // for messages: the set's name or its folder
  std::string folder;           // in which it was found
  Split split = Split::kTrain;  // the one that was opened
  std::vector<Split> splits;    // the splits that OpenDataset can open
  int64_t num_classes = 0;      // 0: no labels
  std::vector<std::string> class_names;  // num_classes names
  int64_t channels = 0;
  int64_t height = 0, width = 0;  // 0: images differ in size
  std::vector<double> mean, std;  // one per channel, of values in [0, 1]
  NotRead not_read;               // what lies in the split's folder besides

  // Sets the images' size, and mean and std if they are not known: ImageNet's
  // for colour, 0.5 for grey.
  void SetSize(int64_t channels, int64_t height, int64_t width);
};

// Where an image comes from, for tables that others read.
struct ImageName {
  // The image's file or tar shard, below info().folder; for a set that has many
  // images in a file the split, "train".
  std::string path;
  // Which image of `path`: the name in the tar shard, or the number in the
  // split; "" for a file of one image.
  std::string key;
};

class Dataset {
 public:
  virtual ~Dataset() = default;

  virtual const DatasetInfo& info() const = 0;
  virtual int64_t size() const = 0;
  // Returns image `i`, 0 <= i < size(), as uint8 [C, H, W] of any strides. The
  // tensor may share memory with the set, so it must not be written. An error
  // names the file.
  virtual absl::StatusOr<at::Tensor> Image(int64_t i) const = 0;
  // Returns a source of the same image, whose pixels are decoded on request.
  // Sets of encoded files override this to decode no more than a crop needs.
  virtual absl::StatusOr<std::unique_ptr<ImageSource>> Open(int64_t i) const {
    ASSIGN_OR_RETURN(at::Tensor image, Image(i));
    RETURN_IF_ERROR(CheckImage(image));
    return SourceOf(std::move(image));
  }
  // Returns a class in [0, num_classes), or -1 if it is unknown.
  virtual int64_t Label(int64_t i) const = 0;
  // Returns the position in the complete set, for messages: a set that is made
  // of some images of another one has that one's.
  virtual int64_t OriginalIndex(int64_t i) const { return i; }
  // Returns the name of image `i`, of any bytes. Ask in the order of the set: a
  // set of tar shards reads the headers of a shard again when the first of its
  // images is asked for. Errors: those of reading them.
  virtual absl::StatusOr<ImageName> Name(int64_t i) const;
  // Returns the number of images in each tar shard, for a set that is slow to
  // read in another order than that of its shards: the numbers sum to size(),
  // and image 0 is the first of shard 0. Empty if any order is as fast.
  // ShardedEpochOrder (sampler.h) draws an order for such a set.
  virtual std::vector<int64_t> shards() const { return {}; }
};

// Returns `path` without `folder` in front of it, or unchanged if it lies
// elsewhere: the path of an ImageName.
std::string PathBelow(const std::string& folder, const std::string& path);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_DATASET_H_
