// Looks up the data sets that have a name, which the files of their formats
// register (dataset_format.h). A test compares docs/datasets.md with them.
//
//   const KnownDataset* cifar10 = FindKnownDataset("cifar10");
//   cifar10->mean;           // {0.4914, 0.4822, 0.4465}
//   DownloadHint(*cifar10);  // "get cifar-10-binary.tar.gz (170052171 ..."
//
// Means and deviations cover all pixels of the training images, as
// //data/tools:stats computes them; where a format's file names no source, they
// are the four digits in common use. Checksums are torchvision 0.26's
// (datasets/NAME.py), unless the file names another source.
#ifndef CALDERA_DATA_SETS_KNOWN_DATASETS_H_
#define CALDERA_DATA_SETS_KNOWN_DATASETS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "data/sets/dataset_format.h"

namespace caldera::data {

// Returns all of them, in the order of the documentation.
const std::vector<KnownDataset>& KnownDatasets();

// Returns the set of that name, or null.
const KnownDataset* FindKnownDataset(absl::string_view name);

// Returns one line: "get FILE (N bytes, MD5 ...) from URL and unpack ...".
std::string DownloadHint(const KnownDataset& dataset);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_KNOWN_DATASETS_H_
