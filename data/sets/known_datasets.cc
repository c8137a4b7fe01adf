#include "data/sets/known_datasets.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace caldera::data {
namespace {

std::vector<KnownDataset> Collect() {
  std::vector<KnownDataset> sets;
  for (const DatasetFormat& format : DatasetFormats()) {
    for (KnownDataset set : format.known) {
      set.format = &format;
      sets.push_back(std::move(set));
    }
  }
  std::stable_sort(sets.begin(), sets.end(),
                   [](const KnownDataset& a, const KnownDataset& b) {
                     return std::make_pair(a.rank == 0, a.rank) <
                            std::make_pair(b.rank == 0, b.rank);
                   });
  return sets;
}

}  // namespace

const std::vector<KnownDataset>& KnownDatasets() {
  static const auto* const sets = new std::vector<KnownDataset>(Collect());
  return *sets;
}

const KnownDataset* FindKnownDataset(absl::string_view name) {
  for (const KnownDataset& set : KnownDatasets()) {
    if (set.name == name) return &set;
  }
  return nullptr;
}

std::string DownloadHint(const KnownDataset& dataset) {
  return absl::StrCat(
      "get ",
      absl::StrJoin(dataset.archives, ", ",
                    [](std::string* out, const Archive& archive) {
                      absl::StrAppend(out, archive.file, " (", archive.bytes,
                                      " bytes, MD5 ", archive.md5, ")");
                    }),
      " from ", dataset.url, " and ", dataset.unpack);
}

}  // namespace caldera::data
