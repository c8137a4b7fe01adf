// Writes which images of a file of features are alike, as tables and pictures.
//
//   NeighbourFiles files;
//   files.neighbours = 5;
//   files.duplicates = 0.98;
//   absl::StatusOr<NeighbourCounts> counts =
//       WriteNeighbours("features.npy", "features.rows.csv", images, files);
//
// features.neighbours.csv has a line for each row and neighbour, and
// features.duplicates.csv one for each pair of rows whose cosine is at least
// that; both with the columns
//
//   row,neighbour,cosine,path,key,neighbour_path,neighbour_key
//
// features.neighbours.png shows some rows with their neighbours, and
// features.duplicates.png the pairs that are least alike: they tell whether the
// bound is too low.
//
// Caveat: duplicates are looked for among the ten nearest of each row. Of a
// group of more equal images not each pair is there, but each image is.
#ifndef CALDERA_EVAL_EMBED_NEIGHBOUR_FILES_H_
#define CALDERA_EVAL_EMBED_NEIGHBOUR_FILES_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "data/sets/dataset.h"

namespace caldera::eval {

struct NeighbourFiles {
  int64_t neighbours = 0;       // 0: no such table
  double duplicates = 0;        // the least cosine; 0: no such table
  int64_t exact_up_to = 20000;  // as in NeighbourOptions
  std::function<void(int64_t rows, int64_t of)> progress;
};

struct NeighbourCounts {
  int64_t neighbours = 0, duplicates = 0;  // lines of each table
};

// out: a file of features; table: what its rows are; dataset: the split that
// was embedded, for the pictures. Errors: those of StoredFeatures, RowTable and
// of writing; InvalidArgument for patch tokens, and for fewer than two rows.
absl::StatusOr<NeighbourCounts> WriteNeighbours(
    const std::string& out, const std::string& table,
    const std::shared_ptr<const data::Dataset>& dataset,
    const NeighbourFiles& files);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_EMBED_NEIGHBOUR_FILES_H_
