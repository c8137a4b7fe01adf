// What a file of features holds and how far it is: the file NAME.json beside
// it, from which a start goes on and in which a reader finds what was asked.
//
//   EmbedRecord record;
//   record.call = {{"readout", "cls"}, {"dtype", "float32"}};
//   absl::Status status = WriteRecord("features.npy.json", record);
//   auto found = ReadRecord("features.npy.json");
//   DifferenceOf((*found)->call, {{"readout", "mean"}, {"dtype", "float32"}});
//   // "readout is \"cls\" there and \"mean\" here"
//
// A record is written after the bytes of which it speaks are on the disk.
#ifndef CALDERA_EVAL_EMBED_EMBED_RECORD_H_
#define CALDERA_EVAL_EMBED_EMBED_RECORD_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "vit/model/encoder.h"

namespace caldera::eval {

struct EmbedRecord {
  // What the rows depend on: another start goes on only if all of it is equal.
  nlohmann::json call;
  // What may differ, for readers: the checkpoint's name.
  nlohmann::json from;
  int64_t images = 0;  // that were read, whether or not they could be
  int64_t rows = 0;    // that were written
  int64_t feature_bytes = 0, row_bytes = 0;  // of the two files
  std::string last;  // the name of the last image that was read
  bool complete = false;
};

// Returns the record, or nothing where there is no file. Errors: DataLoss, with
// the path, for a file that is none.
absl::StatusOr<std::optional<EmbedRecord>> ReadRecord(const std::string& path);

// Replaces the record (base/replace_file.h).
absl::Status WriteRecord(const std::string& path, const EmbedRecord& record);

// Says in which fields two calls differ, "" if in none.
std::string DifferenceOf(const nlohmann::json& there,
                         const nlohmann::json& here);

// Returns 16 hexadecimal digits that depend on all names, shapes and numbers of
// an encoder.
std::string WeightsDigest(const vit::Encoder& encoder);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_EMBED_EMBED_RECORD_H_
