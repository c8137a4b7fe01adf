// The formats in which data sets are stored. Each is one file in
// data/sets/formats, which registers how a folder of that format is recognised
// and opened, and the named sets that have it:
//
//   DatasetFormat Format() {
//     DatasetFormat format;
//     format.name = "strips";
//     format.title = "strips of images";
//     format.recognise = [](const std::string&, const FolderListing& listing) {
//       return HasAny(listing.others, {"train.strip", "test.strip"});
//     };
//     format.open = OpenStrips;
//     return format;
//   }
//   const bool kRegistered = RegisterDatasetFormat(Format());
//
// docs/adding-a-dataset.md has a complete example.
//
// Caveat: a program has the formats that are linked into it; those of
// find_dataset.h and open_dataset.h have all.
#ifndef CALDERA_DATA_SETS_DATASET_FORMAT_H_
#define CALDERA_DATA_SETS_DATASET_FORMAT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/option_list.h"
#include "base/part.pb.h"
#include "base/status.h"
#include "data/data.pb.h"
#include "data/formats/list_folder.h"
#include "data/sets/dataset.h"
#include "data/split.h"

namespace caldera::data {

struct DatasetFormat;

struct Archive {
  std::string file;
  int64_t bytes;
  std::string md5;
};

// A data set that has a name.
struct KnownDataset {
  std::string name;  // as in a spec
  // Its place in docs/datasets.md, smaller ones first; 0: it is not there, and
  // comes last.
  int rank;
  std::string url;  // of the archives' folder, ends in '/'
  std::vector<Archive> archives;
  std::string unpack;                // instructions for unpacking
  std::vector<std::string> folders;  // under $CALDERA_DATA, the first wins
  int64_t num_classes;
  std::vector<std::string> class_names;  // empty: the set's files name them
  std::vector<double> mean, std;         // one per channel, of values in [0, 1]
  // A folder that Bazel puts beside the binary, from its external repository
  // on; it is taken if no other is there.
  std::string runfiles = "";
  std::string subset_of = "";  // of this known set, with a class list
  const DatasetFormat* format = nullptr;  // KnownDatasets() sets it
};

using OpenedDataset = absl::StatusOr<std::shared_ptr<const Dataset>>;

struct DatasetFormat {
  std::string name;     // in lower case, for --explain
  std::string title;    // "IDX files", for messages
  std::string summary;  // a sentence, for --explain
  // An error tells users to put this into a folder; "": the title.
  std::string to_put = "";
  // Its place among the formats, which are asked in this order whether they
  // recognise a folder: 10 to 69 for those that go by names of their own, more
  // for those that would take almost any folder.
  int rank = 50;
  // True for files that are encoded images: a named set may be stored in any
  // such format.
  bool encoded = false;
  // The fields of DataSpec that only this format reads, each with what it does:
  // {"fold", "applies to STL-10 only"}.
  std::vector<std::pair<std::string, std::string>> own_fields = {};
  std::vector<KnownDataset> known = {};
  std::vector<base::OptionDoc> options = {};  // RegisterDatasetFormat sets it

  // Returns true if `folder`, which has these files and folders, holds this
  // format; an error, which begins with `folder`, ends the search.
  std::function<absl::StatusOr<bool>(const std::string& folder,
                                     const FolderListing& listing)>
      recognise;
  // Opens a split of the set in `folder`. info: what is known of it before any
  // file is read (name, folder, split; of a known set classes, mean and std;
  // mean and std of the spec). spec: valid. Errors: NotFound or
  // InvalidArgument, beginning with a file's path or info.name.
  std::function<OpenedDataset(const std::string& folder, Split split,
                              DatasetInfo info, const DataSpec& spec)>
      open = nullptr;
};

// CHECK: no other format has that name.
bool RegisterDatasetFormat(DatasetFormat format);

// Returns spec.option as the options of `format`, for base::OptionList.
PartSpec GivenOptions(const std::string& format, const DataSpec& spec);

// Registers a format that reads DataSpec.option. Options: a struct with
// `void List(base::OptionList&)` (base/option_list.h). open: as format.open,
// and has the options as its last argument.
template <typename Options, typename Open>
bool RegisterDatasetFormat(DatasetFormat format, Open open) {
  base::OptionList list;
  Options().List(list);
  format.options = list.docs();
  format.open = [open, name = format.name](
                    const std::string& folder, Split split, DatasetInfo info,
                    const DataSpec& spec) -> OpenedDataset {
    base::OptionList list(GivenOptions(name, spec));
    Options options;
    options.List(list);
    RETURN_IF_ERROR(list.status());
    return open(folder, split, std::move(info), spec, options);
  };
  return RegisterDatasetFormat(std::move(format));
}

// Returns the registered formats by rank and name.
const std::vector<DatasetFormat>& DatasetFormats();

// Returns the format of `folder`. Errors begin with `folder`: those of
// ListFolder; InvalidArgument for what a format refuses, archives that are
// still packed, or a folder without a data set.
absl::StatusOr<const DatasetFormat*> RecognizeFormat(const std::string& folder);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_DATASET_FORMAT_H_
