// Writes and parses the index of a folder's tar shards, so that headers which
// are scattered over a remote disk are read once and not at each start. No
// LibTorch here.
//
//   absl::StatusOr<TarIndex> index = ParseTarIndex(bytes, ".caldera_index");
//   bytes = TarIndexBytes(*index);
//
// The index is text: a line for the format, the endings, then for each shard
//   shard BYTES TIME IMAGES CLASSES KINDS
//   "NAME"
//   "DAMAGE"
// and a line for each name of a class, each kind of what is not read with the
// paths, and each image (OFFSET SIZE LABEL). Texts are in quotes and escaped as
// in C, since a name may hold any byte. The caller compares an entry's size and
// time with those of the file.
#ifndef CALDERA_DATA_FORMATS_TAR_TAR_INDEX_H_
#define CALDERA_DATA_FORMATS_TAR_TAR_INDEX_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "data/formats/tar/tar_samples.h"

namespace caldera::data {

struct IndexedShard {
  std::string name;         // relative to its folder
  int64_t bytes = 0;        // size of the file
  int64_t modified_ns = 0;  // time of the file, since 1970
  TarContents contents;
};

struct TarIndex {
  // The endings of images when the shards were read: a package that was missing
  // then may be there now.
  std::string endings;
  std::vector<IndexedShard> shards;
};

std::string TarIndexBytes(const TarIndex& index);

// Returns the index that a text holds. Errors, which begin with `name`:
// Unimplemented for the index of another version of the format; DataLoss, with
// the line, if the text is not the complete output of TarIndexBytes or an image
// is outside its shard.
absl::StatusOr<TarIndex> ParseTarIndex(absl::string_view bytes,
                                       absl::string_view name);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_TAR_TAR_INDEX_H_
