// What is known of the data sets that have a name: where to get them, how to
// tell that the download is whole, their classes, means and deviations. The
// one place for it: docs/datasets.md is compared with it by a test.
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
  std::string name;  // in a spec
  DatasetFormat format;
  std::string url;  // of the folder that the archives lie in, ends in '/'
  std::vector<Archive> archives;
  std::string unpack;                // what to do with them
  std::vector<std::string> folders;  // under $CALDERA_DATA, the first wins
  int64_t num_classes;
  std::vector<std::string> class_names;  // empty: the set's files name them
  std::vector<double> mean, std;         // one a channel, of values in [0, 1]
};

const std::vector<KnownDataset>& KnownDatasets();

// Null where there is none of that name.
const KnownDataset* FindKnownDataset(absl::string_view name);

// "get FILE (N bytes, MD5 ...) from URL and unpack ...": one line.
std::string DownloadHint(const KnownDataset& dataset);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_KNOWN_DATASETS_H_
