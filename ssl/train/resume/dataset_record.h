// What a run keeps of its training set, dataset.json, so that the set is known
// again under another path, and a set that has changed under the same path is
// not taken for the old one.
//
//   const std::string record = DatasetRecord(*dataset);
//   // {"images": 60000, "classes": 10, "labels": 284..., "pixels": 93...}
//   DatasetDifference(old_record, record);  // "images: 60000 -> 59000", or ""
//
// Caveat: of the pixels it has a checksum of 16 images, evenly spaced; reading
// a million files would take as long as an epoch.
#ifndef CALDERA_SSL_TRAIN_RESUME_DATASET_RECORD_H_
#define CALDERA_SSL_TRAIN_RESUME_DATASET_RECORD_H_

#include <string>

#include "data/sets/dataset.h"

namespace caldera::ssl {

inline constexpr char kDatasetRecord[] = "dataset.json";

// Returns the record as the text of a JSON object: the number of images, the
// names of the classes, and checksums of all labels and of some pixels. An
// image that cannot be read counts as such.
std::string DatasetRecord(const data::Dataset& dataset);

// Returns the first difference of two records; empty where there is none. A
// record that cannot be read is different.
std::string DatasetDifference(const std::string& before,
                              const std::string& after);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_RESUME_DATASET_RECORD_H_
