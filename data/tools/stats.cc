// Counts a data set and computes its mean and standard deviation. See kUsage.
#include <gflags/gflags.h>

#include <cstdio>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/machine/control_groups.h"
#include "base/program/program.h"
#include "base/text/printable_text.h"
#include "data/loader/validate_data_spec.h"
#include "data/sets/dataset_stats.h"
#include "data/sets/open_dataset.h"

DEFINE_string(data, "", "data set or folder");
DEFINE_string(split, "train",
              "train, test, validation, unlabeled or train+unlabeled");
DEFINE_string(class_list, "", "a file with the class folders to take");
DEFINE_int32(threads, 0, "threads; 0: one for each core");

namespace caldera::data {
namespace {

constexpr char kUsage[] =
    R"(stats: counts a data set and computes its mean and standard deviation

usage: stats --data=NAME [flags]

  --data=NAME        data set (docs/datasets.md) or folder
  --split=train      train, test, validation, unlabeled or train+unlabeled
  --class_list=FILE  only these class folders
  --threads=0        0: one for each core

Prints the lines of a spec that normalise by them.
Exit status 2: something to mend in the call; 1: a failure.
)";

std::string Range(int64_t min, int64_t max) {
  return min == max ? absl::StrCat(min) : absl::StrCat(min, " to ", max);
}

std::string List(const std::vector<double>& values) {
  return absl::StrJoin(values, ", ", [](std::string* out, double value) {
    absl::StrAppend(out, absl::StrFormat("%.4f", value));
  });
}

int Main() {
  DataSpec spec;
  spec.set_dataset(FLAGS_data);
  spec.set_split(FLAGS_split);
  if (!FLAGS_class_list.empty()) spec.set_class_list(FLAGS_class_list);
  absl::Status status = Validate(spec);
  if (!status.ok()) {
    return base::Fail(absl::Status(
        status.code(), FLAGS_data.empty()
                           ? "--data is missing; name a data set or a "
                             "folder"
                           : absl::StrCat("--", status.message())));
  }
  const auto dataset = OpenDataset(spec);
  if (!dataset.ok()) return base::Fail(dataset.status());
  const absl::StatusOr<DatasetStats> stats = ComputeStats(
      **dataset, FLAGS_threads > 0 ? FLAGS_threads : base::UsableProcessors());
  if (!stats.ok()) return base::Fail(stats.status());
  const DatasetInfo& info = (*dataset)->info();
  std::printf(
      "# %s, split %s of %s: %ld images (%ld without a label), %ld classes\n"
      "# %ld channels, height %s, width %s\n"
      "data {\n  dataset: \"%s\"\n  mean: [%s]\n  std: [%s]\n}\n",
      base::PrintableText(info.name).c_str(), FLAGS_split.c_str(),
      SplitNames(info.splits).c_str(), stats->count, stats->unlabelled,
      info.num_classes, info.channels,
      Range(stats->min_height, stats->max_height).c_str(),
      Range(stats->min_width, stats->max_width).c_str(),
      absl::CEscape(info.name).c_str(), List(stats->mean).c_str(),
      List(stats->std).c_str());
  return 0;
}

}  // namespace
}  // namespace caldera::data

int main(int argc, char** argv) {
  return caldera::base::RunTool(argc, argv, caldera::data::kUsage,
                                caldera::data::Main);
}
