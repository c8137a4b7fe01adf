#include "data/sets/open_dataset.h"

#include <glog/logging.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/text_format.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "base/option_list.h"
#include "base/spec_fields.h"
#include "base/status.h"
#include "data/sets/dataset_format.h"
#include "data/sets/find_dataset.h"

namespace caldera::data {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::TextFormat;

// Returns what is known before any file is opened.
DatasetInfo InfoOf(const DataSpec& spec, const FoundDataset& found,
                   Split split) {
  DatasetInfo info;
  info.name = spec.dataset();
  info.folder = found.folder;
  info.split = split;
  if (found.known != nullptr) {
    info.num_classes = found.known->num_classes;
    info.class_names = found.known->class_names;
    info.mean = found.known->mean;
    info.std = found.known->std;
  }
  if (spec.mean_size() > 0) {
    info.mean.assign(spec.mean().begin(), spec.mean().end());
    info.std.assign(spec.std().begin(), spec.std().end());
  }
  return info;
}

// Returns the value of a field as a spec writes it.
std::string ValueOf(const DataSpec& spec, const FieldDescriptor* field) {
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    return spec.GetReflection()->GetString(spec, field);
  }
  std::string text;
  TextFormat::PrintFieldValueToString(spec, field, /*index=*/-1, &text);
  return text;
}

// Refuses what only another format reads.
absl::Status CheckOptions(const DataSpec& spec, const FoundDataset& found) {
  for (const DatasetFormat& format : DatasetFormats()) {
    if (&format == found.format) continue;
    for (const auto& [name, what] : format.own_fields) {
      const FieldDescriptor* const field =
          base::FindField(*DataSpec::descriptor(), name);
      CHECK(field != nullptr) << name;
      if (!spec.GetReflection()->HasField(spec, field)) continue;
      // A resolved spec has the defaults of all formats.
      if (field->has_default_value() &&
          ValueOf(spec, field) == ValueOf(DataSpec(), field)) {
        continue;
      }
      return absl::InvalidArgumentError(absl::StrCat(
          name, ": ", ValueOf(spec, field), " ", what, ", and ", found.folder,
          " holds ", found.format->title, "; leave the field out"));
    }
  }
  if (!found.format->options.empty()) return absl::OkStatus();
  return base::OptionList(GivenOptions(found.format->name, spec)).status();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Dataset>> OpenDataset(
    const DataSpec& spec) {
  ASSIGN_OR_RETURN(const Split split,
                   base::About("split", ParseSplit(spec.split())));
  return OpenDataset(spec, split);
}

absl::StatusOr<std::shared_ptr<const Dataset>> OpenDataset(const DataSpec& spec,
                                                           Split split) {
  ASSIGN_OR_RETURN(const FoundDataset found,
                   FindDataset(spec.dataset(), spec.has_class_list()));
  RETURN_IF_ERROR(CheckOptions(spec, found));
  ASSIGN_OR_RETURN(std::shared_ptr<const Dataset> dataset,
                   found.format->open(found.folder, split,
                                      InfoOf(spec, found, split), spec));
  const DatasetInfo& info = dataset->info();
  if (info.mean.size() != info.channels) {
    return absl::InvalidArgumentError(absl::StrCat(
        "mean: has ", info.mean.size(), " values, and the images ", "of ",
        info.name, " have ", info.channels, " channels; give one a channel"));
  }
  return dataset;
}

absl::StatusOr<std::shared_ptr<const Dataset>> OpenDataset(
    const std::string& dataset, Split split) {
  DataSpec spec;
  spec.set_dataset(dataset);
  return OpenDataset(spec, split);
}

}  // namespace caldera::data
