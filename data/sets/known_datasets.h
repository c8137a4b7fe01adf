// Describes the data sets that have a name: their archives and checksums, their
// classes, means and deviations. A test compares docs/datasets.md with this
// table.
//
//   const KnownDataset* cifar10 = FindKnownDataset("cifar10");
//   cifar10->mean;           // {0.4914, 0.4822, 0.4465}
//   DownloadHint(*cifar10);  // "get cifar-10-binary.tar.gz (170052171 ..."
#ifndef CALDERA_DATA_SETS_KNOWN_DATASETS_H_
#define CALDERA_DATA_SETS_KNOWN_DATASETS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "data/sets/dataset_format.h"

namespace caldera::data {

struct Archive {
  std::string file;
  int64_t bytes;
  std::string md5;
};

struct KnownDataset {
  std::string name;  // as in a spec
  DatasetFormat format;
  std::string url;  // of the archives' folder, ends in '/'
  std::vector<Archive> archives;
  std::string unpack;                // instructions for unpacking
  std::vector<std::string> folders;  // under $CALDERA_DATA, the first wins
  int64_t num_classes;
  std::vector<std::string> class_names;  // empty: the set's files name them
  std::vector<double> mean, std;         // one per channel, of values in [0, 1]
};

// Returns all of them, in the order of the documentation.
const std::vector<KnownDataset>& KnownDatasets();

// Returns the set of that name, or null.
const KnownDataset* FindKnownDataset(absl::string_view name);

// Returns one line: "get FILE (N bytes, MD5 ...) from URL and unpack ...".
std::string DownloadHint(const KnownDataset& dataset);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_KNOWN_DATASETS_H_
