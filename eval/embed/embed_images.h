// Runs images through an encoder and writes their features as they come.
//
//   EmbedRequest request;
//   request.out = "features.npy";
//   request.readouts = *readouts;
//   absl::StatusOr<EmbedResult> done =
//       EmbedImages(*encoder, dataset, request);
//
// features.npy grows as features.npy.part and features.rows.csv, which says
// what each row is, as features.rows.csv.part; features.npy.json says how far
// they are (embed_record.h). Whatever ends the process, the same call goes on
// after the last batch that was recorded, and the files come out as if it had
// not been ended. In memory are a few batches, and what the data set itself
// holds.
#ifndef CALDERA_EVAL_EMBED_EMBED_IMAGES_H_
#define CALDERA_EVAL_EMBED_EMBED_IMAGES_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/loader/bad_images.h"
#include "data/sets/dataset.h"
#include "eval/features/readout.h"
#include "vit/model/encoder.h"

namespace caldera::eval {

struct EmbedRequest {
  std::string out;  // its ending says the kind of file (feature_file.h)
  // Features of one image one behind the other; either all or none of them are
  // of all patches.
  std::vector<Readout> readouts;
  bool half = false;                // float16
  int64_t part = 0, parts = 1;      // the contiguous part of the images
  nlohmann::json from;              // for readers of the record
  int64_t batch_size = 512;         // images a forward pass
  int workers = 1;                  // threads that read images
  at::Device device = at::kCPU;     // where the encoder is
  double record_every_seconds = 1;  // at least so many between two records
  // Images that cannot be read are noted here and have no row; null: the first
  // one is an error.
  std::shared_ptr<data::BadImages> bad_images;
  // Is told after each batch how many of how many images were read.
  std::function<void(int64_t images, int64_t of)> progress;
};

struct EmbedResult {
  int64_t rows = 0;
  std::vector<int64_t> row;  // the shape of each
  int64_t images = 0;        // of the part; rows or more
  // Images that an earlier start had read; all of them if it was complete.
  int64_t resumed = 0;
  std::string table;  // the path of the table of rows; "" for .csv
};

// Returns the path without the ending that says the kind: "features".
std::string StemOf(const std::string& out);

// Returns "features.1-of-4.npy" for part 1 of 4 of "features.npy", and `out`
// itself where there is one part.
std::string PartName(const std::string& out, int64_t part, int64_t parts);

// Writes request.out, or goes on with it, or finds it complete. Errors: those
// of reading and writing; InvalidArgument for a part without images or features
// that cannot be written (CheckRepresentable); FailedPrecondition if the files
// belong to another call, were not made by this function, or another process is
// writing them; DataLoss if no image can be read.
absl::StatusOr<EmbedResult> EmbedImages(
    vit::Encoder& encoder, const std::shared_ptr<const data::Dataset>& dataset,
    const EmbedRequest& request);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_EMBED_EMBED_IMAGES_H_
