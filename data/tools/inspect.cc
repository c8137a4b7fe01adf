// Prints the contents of a data set and draws its views. See kUsage.
#include <gflags/gflags.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/draw/encode_png.h"
#include "base/program/program.h"
#include "base/spec_fields.h"
#include "base/status.h"
#include "base/text/printable_text.h"
#include "base/user_path.h"
#include "data/augment/views.h"
#include "data/loader/validate_data_spec.h"
#include "data/sets/contents.h"
#include "data/sets/open_dataset.h"
#include "data/tools/contact_sheet.h"

DEFINE_string(data, "", "data set or folder");
DEFINE_string(split, "train",
              "train, test, validation, unlabeled or train+unlabeled");
DEFINE_string(augment, "", "textproto of an AugmentSpec");
DEFINE_string(data_spec, "", "textproto file of a DataSpec");
DEFINE_int32(list, 20, "paths of each kind that is not read");
DEFINE_string(out, "contact_sheet.png", "the picture");
DEFINE_int32(rows, 8, "samples in the picture");
DEFINE_int32(image_size, 0, "side of a view; 0: the images', at most 224");
DEFINE_uint64(seed, 0, "seed of the order and the views");
DEFINE_int32(epoch, 0, "epoch whose first samples are shown");

namespace caldera::data {
namespace {

constexpr char kUsage[] =
    R"(inspect: classes and sizes of a data set, and a picture of its views

usage: inspect --data=NAME [--augment=TEXT] [flags]
       inspect --data_spec=FILE [flags]

  --data=NAME          data set (docs/datasets.md) or folder
  --split=train        train, test, validation, unlabeled or train+unlabeled
  --augment=TEXT       views, as in "random_resized_crop {} count: 2"
  --data_spec=FILE     data set and views, a DataSpec as text
  --list=20            paths to list of each kind of file that is not read
  --out=contact_sheet.png  a row for each sample: the image, then its views
  --rows=8  --epoch=0  --seed=0
  --image_size=0       side of a view; 0: the images' own, at most 224

Exit status 2: something to mend in the call; 1: a failure.
)";

class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text.empty()) {
      text = absl::StrCat(line + 1, ":", column + 1, ": ", message);
    }
  }
  std::string text;
};

// Parses `text`; an error begins with `source`.
absl::Status ParseText(const std::string& source, const std::string& text,
                       google::protobuf::Message* message) {
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (parser.ParseFromString(
          base::WithFullNames(text, *message->GetDescriptor()), message)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(source, ":", error.text));
}

absl::StatusOr<DataSpec> SpecOfFlags() {
  DataSpec spec;
  if (!FLAGS_data_spec.empty()) {
    if (!FLAGS_data.empty() || !FLAGS_augment.empty()) {
      return absl::InvalidArgumentError(
          "--data_spec: comes with --data or --augment; write those into the "
          "file");
    }
    const std::string path = base::UserPath(FLAGS_data_spec);
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    if (!file) {
      return absl::NotFoundError(
          absl::StrCat("--data_spec: ", path, ": ", std::strerror(errno)));
    }
    RETURN_IF_ERROR(ParseText(path, text.str(), &spec));
  } else if (FLAGS_data.empty()) {
    return absl::InvalidArgumentError(
        "--data is missing; name a data set or a folder");
  } else {
    spec.set_dataset(FLAGS_data);
    spec.set_split(FLAGS_split);
    RETURN_IF_ERROR(ParseText("--augment", FLAGS_augment, spec.add_view()));
  }
  RETURN_IF_ERROR(Validate(spec));
  return spec;
}

void Describe(const Dataset& dataset) {
  const DatasetInfo& info = dataset.info();
  std::printf("%s: %ld images, %ld channels, ",
              base::PrintableText(info.name).c_str(), dataset.size(),
              info.channels);
  if (info.height > 0 && info.width > 0) {
    std::printf("%ld x %ld pixels", info.height, info.width);
  } else {
    std::printf("of different sizes");
  }
  std::printf(", %ld classes\n", info.num_classes);
  std::map<int64_t, int64_t> counts;
  for (int64_t i = 0; i < dataset.size(); ++i) ++counts[dataset.Label(i)];
  for (const auto& [label, count] : counts) {
    std::printf("  %8ld  %s\n", count,
                label < 0
                    ? "(no label)"
                    : base::PrintableText(info.class_names[label]).c_str());
  }
}

// Prints what all splits hold and what is not read; a split that cannot be
// opened tells why.
void DescribeSplits(const DataSpec& spec,
                    std::shared_ptr<const Dataset> dataset) {
  std::vector<std::shared_ptr<const Dataset>> opened = {dataset};
  for (const Split split : dataset->info().splits) {
    // Unlabeled images may fill the memory, and belong to train+unlabeled.
    if (split == dataset->info().split || split == Split::kUnlabeled ||
        split == Split::kTrainUnlabeled) {
      continue;
    }
    auto other = OpenDataset(spec, split);
    if (other.ok()) {
      opened.push_back(*std::move(other));
    } else {
      std::printf("split %s: %s\n", SplitName(split).c_str(),
                  base::PrintableText(other.status().message()).c_str());
    }
  }
  std::printf("%s\n%s", ContentsLine(opened).c_str(),
              NotReadList(opened, FLAGS_list).c_str());
}

int Main() {
  const absl::StatusOr<DataSpec> spec = SpecOfFlags();
  if (!spec.ok()) return base::Fail(spec.status());
  const auto dataset = OpenDataset(*spec);
  if (!dataset.ok()) return base::Fail(dataset.status());
  const DatasetInfo& info = (*dataset)->info();
  Describe(**dataset);
  DescribeSplits(*spec, *dataset);

  LoaderOptions options;
  options.image_size = FLAGS_image_size;
  if (options.image_size == 0) {
    options.image_size =
        info.height > 0 ? std::min<int64_t>(info.height, 224) : 224;
  }
  options.seed = FLAGS_seed;
  options.shuffle = true;
  options.views = ViewsOf(*spec);
  options.on_bad_image = spec->loader().on_bad_image();
  if (FLAGS_rows < 1 || FLAGS_rows > 1000 || FLAGS_epoch < 0 ||
      options.image_size < 1 || options.image_size > 4096) {
    return base::Fail(absl::InvalidArgumentError(
        "--rows is not in [1, 1000], --epoch is below 0 or --image_size is not "
        "in [0, 4096]"));
  }
  const absl::StatusOr<at::Tensor> sheet =
      ContactSheet(*dataset, options, FLAGS_rows, FLAGS_epoch);
  if (!sheet.ok()) return base::Fail(sheet.status());
  const absl::StatusOr<std::string> bytes = base::EncodePng(*sheet);
  if (!bytes.ok()) return base::Fail(bytes.status());
  const std::string path = base::UserPath(FLAGS_out);
  std::ofstream file(path, std::ios::binary);
  file << *bytes;
  file.close();
  if (!file) {
    return base::Fail(absl::InternalError(
        absl::StrCat("--out: ", path, ": ", std::strerror(errno))));
  }
  std::printf("%s: %ld rows of the image and its %zu views\n",
              base::PrintableText(path).c_str(),
              std::min<int64_t>(FLAGS_rows, (*dataset)->size()),
              options.views.size());
  return 0;
}

}  // namespace
}  // namespace caldera::data

int main(int argc, char** argv) {
  return caldera::base::RunTool(argc, argv, caldera::data::kUsage,
                                caldera::data::Main);
}
