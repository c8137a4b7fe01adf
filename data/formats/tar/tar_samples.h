// Lists the samples of a tar shard in WebDataset's naming: consecutive members
// with the same name up to the first dot form one sample; key.jpg (or another
// ending of data/decode/image_format.h) is its image and key.cls its class, as
// the text of a number or of a name.
//
//   absl::StatusOr<TarContents> contents =
//       ListTarSamples(bytes_in_file, read_at, "shard-000000.tar");
//
// Names with more dots: an image key.jpg wins over others of its key, which are
// counted. Without it, key.2021.jpg is the image, or images key.1.jpg,
// key.2.jpg are a sample each, with the class of key.1.cls or else of key.cls.
// Images that look like one sample of several (0.left.jpg and
// 0.right.jpg, 1.left.jpg and 1.right.jpg) are refused.
//
// A name without an ending is an image if the bytes begin like one. Other
// members (key.json) are counted; what systems leave (IsLitter) is passed over.
// No LibTorch here. Source: https://github.com/webdataset/webdataset,
// "The WebDataset Format".
#ifndef CALDERA_DATA_FORMATS_TAR_TAR_SAMPLES_H_
#define CALDERA_DATA_FORMATS_TAR_TAR_SAMPLES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "data/formats/not_read.h"
#include "data/formats/tar/tar_format.h"

namespace caldera::data {

struct TarSample {
  int64_t offset, size;  // the encoded image in the shard, in bytes
  // -1: unknown; from -2 downwards: a name, class_names[-2 - label] of the
  // shard (shard_classes.h replaces it).
  int32_t label;
};

// A larger label is a mistake, and would require as many class names.
inline constexpr int32_t kMaxTarLabel = (1 << 20) - 1;

struct TarContents {
  std::vector<TarSample> samples;        // in the order of the archive
  std::vector<std::string> class_names;  // as .cls files have them
  // The kinds of TarListing, "empty image", "sparse image", "further image of a
  // sample", and other members by their endings. A few paths of each kind,
  // which are names of members or "" for the shard.
  NotRead not_read;
  // Why samples are missing that should be there, with a remedy: the archive is
  // cut off or damaged, or an image is empty. "" if all are there.
  std::string damage;
};

// Errors begin with `name`: those of ListTar, and InvalidArgument for a sample
// with two images, a .cls without an image, or a class that is neither a name
// nor a number from -1 (unknown) to kMaxTarLabel.
absl::StatusOr<TarContents> ListTarSamples(int64_t archive_size,
                                           const ReadAt& read_at,
                                           absl::string_view name);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_TAR_TAR_SAMPLES_H_
