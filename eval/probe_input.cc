#include "eval/probe_input.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/spec_fields.h"
#include "base/status.h"
#include "base/text/printable_text.h"
#include "base/user_path.h"
#include "data/sets/open_dataset.h"
#include "eval/spec/validate_eval_spec.h"

namespace caldera::eval {
namespace {

// Keeps the first error, for a message of one line.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (!text_.empty()) return;
    text_ =
        absl::StrCat("line ", line + 1, ", column ", column + 1, ": ", message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Lists and readouts of `over` replace those of `spec`.
void Merge(const EvalSpec& over, EvalSpec* spec) {
  if (over.has_feature() || over.readout_size() > 0) spec->clear_readout();
  if (over.knn().k_size() > 0) spec->mutable_knn()->clear_k();
  if (over.knn().temperature_size() > 0) {
    spec->mutable_knn()->clear_temperature();
  }
  if (over.linear().has_recipe() &&
      !absl::EqualsIgnoreCase(over.linear().recipe(),
                              spec->linear().recipe())) {
    spec->mutable_linear()->clear_heads();
  }
  if (over.linear().heads().base_lr_size() > 0) {
    spec->mutable_linear()->mutable_heads()->clear_base_lr();
  }
  if (over.linear().heads().weight_decay_size() > 0) {
    spec->mutable_linear()->mutable_heads()->clear_weight_decay();
  }
  spec->MergeFrom(over);
}

absl::Status CheckChannels(const Checkpoint& checkpoint,
                           const data::DataSpec& images,
                           const data::Dataset& dataset) {
  const int64_t channels = checkpoint.loaded.encoder->spec().channels();
  if (dataset.info().channels == channels) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "--data=", images.dataset(), " has images of ", dataset.info().channels,
      " channels, the encoder ", checkpoint.name, " takes ", channels,
      "; choose another data set"));
}

}  // namespace

absl::StatusOr<Checkpoint> OpenCheckpoint(const std::string& path,
                                          std::optional<int> num_heads,
                                          const std::string& key) {
  Checkpoint checkpoint;
  checkpoint.name = path;
  std::string file = base::UserPath(path);
  const std::string problem = base::PathProblem(file);
  if (!problem.empty()) {
    return absl::NotFoundError(absl::StrCat(
        file, ": ", problem, "; name a run folder or a file of weights"));
  }
  std::error_code error;
  if (std::filesystem::is_directory(file, error) &&
      !std::filesystem::exists(file + "/config.json", error)) {
    checkpoint.folder = file;
    absl::StrAppend(&file, "/encoder.safetensors");
    if (!std::filesystem::exists(file, error)) {
      return absl::NotFoundError(
          absl::StrCat("run folder ", checkpoint.folder,
                       " has no encoder.safetensors: its training has not "
                       "finished; start it again to go on"));
    }
  }
  ASSIGN_OR_RETURN(checkpoint.loaded, vit::LoadEncoder(file, num_heads, key));
  for (const std::string& note : checkpoint.loaded.notes) {
    std::fprintf(stderr, "note: %s\n", base::PrintableText(note).c_str());
  }
  const auto& metadata = checkpoint.loaded.metadata;
  if (const auto spec = metadata.find("caldera.spec"); spec != metadata.end()) {
    checkpoint.name = spec->second;
  }
  return checkpoint;
}

absl::StatusOr<EvalSpec> MakeEvalSpec(const Checkpoint& checkpoint,
                                      const std::string& text) {
  EvalSpec spec, over;
  const auto& metadata = checkpoint.loaded.metadata;
  if (const auto own = metadata.find("caldera.eval"); own != metadata.end()) {
    base::ParseSpec(own->second, &spec);
  }
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (!parser.ParseFromString(
          base::WithFullNames(text, *EvalSpec::descriptor()), &over)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--eval, ", error.text(),
                     " (fields of EvalSpec, eval/spec/eval.proto)"));
  }
  Merge(over, &spec);
  const absl::Status valid = Validate(spec);
  if (valid.ok()) return spec;
  return absl::InvalidArgumentError(absl::StrCat("--eval: ", valid.message()));
}

absl::StatusOr<data::DataSpec> ImagesOf(const Checkpoint& checkpoint,
                                        const std::string& dataset) {
  data::DataSpec own, spec;
  const auto& metadata = checkpoint.loaded.metadata;
  const auto seen = metadata.find("caldera.data");
  const bool known =
      seen != metadata.end() && base::ParseSpec(seen->second, &own);
  if (!dataset.empty()) {
    spec.set_dataset(dataset);
    if (own.loader().has_on_bad_image()) {
      spec.mutable_loader()->set_on_bad_image(own.loader().on_bad_image());
    }
  } else if (known) {
    spec = own;
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat(checkpoint.name,
                     " does not say which data set it saw; name one with "
                     "--data"));
  }
  return spec;
}

absl::StatusOr<std::shared_ptr<const data::Dataset>> OpenImages(
    const Checkpoint& checkpoint, const data::DataSpec& images,
    data::Split split) {
  ASSIGN_OR_RETURN(auto dataset, data::OpenDataset(images, split));
  RETURN_IF_ERROR(CheckChannels(checkpoint, images, *dataset));
  return dataset;
}

absl::StatusOr<OpenedSplits> OpenSplitsFor(const Checkpoint& checkpoint,
                                           const data::DataSpec& images) {
  OpenedSplits splits = OpenSplits(images);
  for (const DatasetPointer& set : splits.All()) {
    RETURN_IF_ERROR(CheckChannels(checkpoint, images, *set));
  }
  return splits;
}

}  // namespace caldera::eval
