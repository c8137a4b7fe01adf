// Measures a trained encoder. See kUsage.
#include <gflags/gflags.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "data/data.pb.h"
#include "data/open_dataset.h"
#include "data/user_path.h"
#include "eval/command_line.h"
#include "eval/eval.pb.h"
#include "eval/evaluate.h"
#include "eval/evaluation_sets.h"
#include "eval/features.h"
#include "eval/results.h"
#include "eval/validate_eval_spec.h"
#include "vit/encoder_file.h"

DEFINE_string(checkpoint, "", "a run folder, or a file of ViT weights");
DEFINE_int32(num_heads, 0, "attention heads, where a file does not tell");
DEFINE_string(task, "knn", "knn or linear");
DEFINE_string(data, "", "data set; empty: the one that the encoder saw");
DEFINE_string(eval, "", "fields of EvalSpec as text, over the run's own");

namespace caldera::eval {
namespace {

constexpr char kUsage[] =
    R"(probe: measures a trained encoder by k-NN or a linear probe

usage: probe --checkpoint=runs/fashion_mnist/m_mae --task=knn|linear [flags]

  --checkpoint=PATH  a run folder, or ViT weights: .safetensors, .pth, .pt
  --num_heads=N      attention heads, where a file of weights does not tell
  --task=knn         knn or linear
  --data=NAME        data set or folder; the one the encoder saw unless given
  --eval=TEXT        fields of EvalSpec (eval/eval.proto) over the run's own:
                       --eval='feature: CLS knn { k: 20 temperature: 0.1 }'
  --device=auto      auto, cpu or cuda
  --threads=0        threads for arithmetic; 0: one for each core

The rows are printed and, for a run folder, kept in its results.json.
Exit status 2: something to mend in the call; 1: a failure.
)";

absl::StatusOr<Tasks> ParseTask(const std::string& task) {
  if (task == "knn") return Tasks{true, false};
  if (task == "linear") return Tasks{false, true};
  return absl::InvalidArgumentError(
      absl::StrCat("--task=", task, " is not knn or linear"));
}

// The run's settings with --eval over them. A repeated field that --eval names
// replaces the run's.
absl::StatusOr<EvalSpec> MakeEvalSpec(const vit::LoadedEncoder& loaded) {
  using google::protobuf::TextFormat;
  EvalSpec spec, over;
  const auto own = loaded.metadata.find("caldera.eval");
  if (own != loaded.metadata.end()) {
    TextFormat::ParseFromString(own->second, &spec);
  }
  if (!TextFormat::ParseFromString(FLAGS_eval, &over)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--eval=\"", FLAGS_eval,
                     "\" is not text of EvalSpec (eval/eval.proto)"));
  }
  if (over.knn().k_size() > 0) spec.mutable_knn()->clear_k();
  if (over.knn().temperature_size() > 0) {
    spec.mutable_knn()->clear_temperature();
  }
  spec.MergeFrom(over);
  const absl::Status valid = Validate(spec);
  if (valid.ok()) return spec;
  return absl::InvalidArgumentError(absl::StrCat("--eval: ", valid.message()));
}

// The set that --data names, or the one that the encoder saw, with its list of
// classes, mean and deviation.
absl::StatusOr<data::DataSpec> DataOf(const vit::LoadedEncoder& loaded,
                                      const std::string& file) {
  data::DataSpec spec;
  const auto seen = loaded.metadata.find("caldera.data");
  if (!FLAGS_data.empty()) {
    spec.set_dataset(FLAGS_data);
  } else if (seen == loaded.metadata.end() ||
             !google::protobuf::TextFormat::ParseFromString(seen->second,
                                                            &spec)) {
    return absl::InvalidArgumentError(absl::StrCat(
        file, " does not say which data set it saw; name one with --data"));
  }
  return spec;
}

absl::StatusOr<std::vector<nlohmann::json>> Probe(const std::string& folder,
                                                  const std::string& file) {
  const absl::StatusOr<Tasks> tasks = ParseTask(FLAGS_task);
  if (!tasks.ok()) return tasks.status();
  const absl::StatusOr<at::Device> device = SetUpCompute();
  if (!device.ok()) return device.status();
  const absl::StatusOr<vit::LoadedEncoder> loaded = vit::LoadEncoder(
      file, FLAGS_num_heads != 0 ? std::optional<int>(FLAGS_num_heads)
                                 : std::nullopt);
  if (!loaded.ok()) return loaded.status();
  for (const std::string& note : loaded->notes) {
    std::fprintf(stderr, "note: %s\n", note.c_str());
  }
  const absl::StatusOr<EvalSpec> spec = MakeEvalSpec(*loaded);
  if (!spec.ok()) return spec.status();
  const absl::StatusOr<data::DataSpec> dataset = DataOf(*loaded, file);
  if (!dataset.ok()) return dataset.status();
  loaded->encoder->to(*device);
  const FeatureOptions options{spec->feature(), spec->batch_size(), *device};
  int64_t num_classes = 0;
  const auto extract =
      [&](data::Split split) -> absl::StatusOr<LabelledFeatures> {
    const auto set = data::OpenDataset(*dataset, split);
    if (!set.ok()) return set.status();
    if ((*set)->info().channels != loaded->encoder->spec().channels()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--data=", dataset->dataset(), " has images of ",
                       (*set)->info().channels, " channels, the encoder takes ",
                       loaded->encoder->spec().channels()));
    }
    num_classes = std::max(num_classes, (*set)->info().num_classes);
    return ExtractFeatures(*loaded->encoder, *set, options);
  };
  const auto sets = ExtractSets(spec->measured_on(), extract);
  if (!sets.ok()) return sets.status();
  const std::string name = loaded->metadata.count("caldera.spec") > 0
                               ? loaded->metadata.at("caldera.spec")
                               : folder;
  return EvaluateFeatures(
      {name, absl::AsciiStrToLower(EvalSpec::Feature_Name(spec->feature()))},
      sets->train, sets->test, num_classes, *spec, *tasks);
}

int Main() {
  if (FLAGS_checkpoint.empty()) {
    return Fail(absl::InvalidArgumentError(
        "--checkpoint is missing; give a run folder, as in "
        "--checkpoint=runs/fashion_mnist/m_mae"));
  }
  const std::string path = data::UserPath(FLAGS_checkpoint);
  const bool is_folder = std::filesystem::is_directory(path);
  const std::string file =
      is_folder ? absl::StrCat(path, "/encoder.safetensors") : path;
  if (is_folder && !std::filesystem::exists(file)) {
    return Fail(absl::NotFoundError(absl::StrCat(
        "run folder ", path,
        " has no encoder.safetensors: its training has not finished")));
  }
  const auto rows = Probe(FLAGS_checkpoint, file);
  if (!rows.ok()) return Fail(rows.status());
  for (const nlohmann::json& row : *rows) {
    if (!is_folder) break;
    const absl::Status status =
        AppendResult(absl::StrCat(path, "/results.json"), row);
    if (!status.ok()) return Fail(status);
  }
  std::printf("%s", ResultsTable(*rows).c_str());
  return 0;
}

}  // namespace
}  // namespace caldera::eval

int main(int argc, char** argv) {
  caldera::eval::StartProgram(caldera::eval::kUsage, &argc, &argv);
  if (argc > 1) {
    return caldera::eval::Fail(absl::InvalidArgumentError(
        absl::StrCat("unknown argument \"", argv[1], "\"; see --help")));
  }
  return caldera::eval::Main();
}
