// Measures a trained encoder. See kUsage.
#include <gflags/gflags.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "base/program/command_line.h"
#include "base/program/missing.h"
#include "base/replace_file.h"
#include "base/status.h"
#include "base/text/printable_text.h"
#include "base/user_path.h"
#include "data/data.pb.h"
#include "data/loader/bad_images.h"
#include "data/split.h"
#include "eval/diagnose_encoder.h"
#include "eval/evaluate_encoder.h"
#include "eval/export_features.h"
#include "eval/features/evaluation_sets.h"
#include "eval/features/opened_splits.h"
#include "eval/features/readout.h"
#include "eval/limit_to_rows.h"
#include "eval/probe_input.h"
#include "eval/results.h"

DEFINE_string(checkpoint, "", "a run folder, or a file of ViT weights");
DEFINE_string(key, "", "which ViT, where a file holds several");
DEFINE_int32(num_heads, 0, "attention heads, where a file does not tell");
DEFINE_string(task, "knn", "knn, linear, features or diagnostics");
DEFINE_string(data, "", "data set; empty: the one that the encoder saw");
DEFINE_string(split, "test", "images of features and diagnostics");
DEFINE_string(other, "", "diagnostics: a second checkpoint, for CKA");
DEFINE_string(out, "", "file of features, or of rows");
DEFINE_bool(skip_bad_images, false, "leave out images that cannot be read");
DEFINE_string(eval, "", "fields of EvalSpec as text, over the run's own");

namespace caldera::eval {
namespace {

using nlohmann::json;

constexpr char kUsage[] =
    R"(probe: measures a trained encoder; docs/evaluation.md has examples

usage: probe --checkpoint=runs/fashion_mnist/m_mae --task=knn [flags]

  --checkpoint=PATH  a run folder, or ViT weights: .safetensors, .pth, .pt
  --num_heads=N      attention heads, where a file of weights does not tell;
                     --key=NAME: which ViT, where it holds several
  --task=knn         knn: weighted k nearest neighbours; linear: a linear probe;
                     features: writes [N, D] to --out; diagnostics: effective
                     rank, alignment, uniformity, CKA, MAGMA's graph, by block
  --data=NAME        data set or folder; the one the encoder saw unless given
  --split=test       of features and diagnostics: train, test or unlabeled
  --other=PATH       diagnostics: CKA with this checkpoint's blocks as well
  --out=FILE         features: the safetensors file; else rows are kept here
  --skip_bad_images  leave out images that cannot be read, as a run with
                     data.loader.on_bad_image: SKIP is measured anyway
  --eval=TEXT        fields of EvalSpec (eval/spec/eval.proto) over the run's own:
                       'feature: CLS knn { k: 20 temperature: 0.1 }'
                       'linear { recipe: MAE heads { base_lr: [0.1, 1] } }'
  --device=auto --threads=0  auto, cpu or cuda; 0: a thread for each core

Rows are printed and kept in the run folder's results.json as they are measured.
Exit status 2: something to mend in the call; 1: a row is missing.
)";

// The inputs that the flags name.
struct Call {
  Checkpoint checkpoint;
  EvalSpec spec;
  data::DataSpec images;
  at::Device device = at::kCPU;
};

absl::Status CheckFlags() {
  const bool known = FLAGS_task == "knn" || FLAGS_task == "linear" ||
                     FLAGS_task == "features" || FLAGS_task == "diagnostics";
  if (!known) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--task=", FLAGS_task, " is not knn, linear, features or diagnostics"));
  }
  if (FLAGS_checkpoint.empty()) {
    return absl::InvalidArgumentError(
        "--checkpoint is missing; give a run folder, as in "
        "--checkpoint=runs/fashion_mnist/m_mae");
  }
  if (FLAGS_task == "features" && FLAGS_out.empty()) {
    return absl::InvalidArgumentError(
        "--out is missing; give the file to write, as in "
        "--out=features.safetensors");
  }
  if (!FLAGS_other.empty() && FLAGS_task != "diagnostics") {
    return absl::InvalidArgumentError(absl::StrCat(
        "--other=", FLAGS_other, " applies only to --task=diagnostics"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Call> ReadCall() {
  RETURN_IF_ERROR(CheckFlags());
  Call call;
  ASSIGN_OR_RETURN(call.device, base::SetUpCompute());
  ASSIGN_OR_RETURN(
      call.checkpoint,
      OpenCheckpoint(FLAGS_checkpoint,
                     FLAGS_num_heads != 0 ? std::optional<int>(FLAGS_num_heads)
                                          : std::nullopt,
                     FLAGS_key));
  ASSIGN_OR_RETURN(call.spec, MakeEvalSpec(call.checkpoint, FLAGS_eval));
  ASSIGN_OR_RETURN(call.images, ImagesOf(call.checkpoint, FLAGS_data));
  if (FLAGS_skip_bad_images) {
    call.images.mutable_loader()->set_on_bad_image(data::LoaderSpec::SKIP);
  }
  call.checkpoint.loaded.encoder->to(call.device);
  return call;
}

absl::StatusOr<DatasetPointer> OpenSplit(const Call& call) {
  ASSIGN_OR_RETURN(const data::Split split,
                   base::About("--split", data::ParseSplit(FLAGS_split)));
  return OpenImages(call.checkpoint, call.images, split);
}

void Say(const std::vector<std::string>& notes) {
  for (const std::string& note : notes) {
    std::fprintf(stderr, "note: %s\n", note.c_str());
  }
}

absl::Status Measure(const Call& call, const EmitRow& emit,
                     base::Missing& missing) {
  RETURN_IF_ERROR(
      ReadoutsOf(call.spec, call.checkpoint.loaded.encoder->spec()).status());
  ASSIGN_OR_RETURN(const OpenedSplits splits,
                   OpenSplitsFor(call.checkpoint, call.images));
  ASSIGN_OR_RETURN(const EvaluationSets sets,
                   MakeEvaluationSets(splits, call.spec.measured_on()));
  if (!sets.no_labels.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(sets.no_labels, "; --task=", FLAGS_task,
                     " needs labels, --task=diagnostics does not"));
  }
  std::vector<std::string> notes = sets.notes;
  LimitToRows(call.spec, sets.train->size(), &notes);
  Say(notes);
  return EvaluateEncoder(call.checkpoint.name, *call.checkpoint.loaded.encoder,
                         sets, call.spec,
                         {FLAGS_task == "knn", FLAGS_task == "linear"},
                         call.device, emit, missing);
}

absl::Status Diagnose(const Call& call, const EmitRow& emit,
                      base::Missing& missing) {
  ASSIGN_OR_RETURN(const auto images, OpenSplit(call));
  std::optional<OtherEncoder> other;
  if (!FLAGS_other.empty()) {
    ASSIGN_OR_RETURN(const auto opened, OpenCheckpoint(FLAGS_other, {}));
    const int64_t channels = opened.loaded.encoder->spec().channels();
    if (channels != images->info().channels) {
      return absl::InvalidArgumentError(
          absl::StrCat("--other=", FLAGS_other, " takes images of ", channels,
                       " channels, these have ", images->info().channels,
                       "; compare encoders of equal channels"));
    }
    opened.loaded.encoder->to(call.device);
    other = OtherEncoder{opened.name, opened.loaded.encoder};
  }
  return DiagnoseEncoder(
      call.checkpoint.name, *call.checkpoint.loaded.encoder,
      {images, data::BadImagesUnder(call.images.loader().on_bad_image())},
      call.spec, call.device, other, emit, missing);
}

absl::Status Export(const Call& call, const std::string& output) {
  ASSIGN_OR_RETURN(const auto images, OpenSplit(call));
  const vit::LoadedEncoder& loaded = call.checkpoint.loaded;
  ASSIGN_OR_RETURN(const auto readouts,
                   ReadoutsOf(call.spec, loaded.encoder->spec()));
  if (readouts.size() != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--eval: readout: --task=features writes one feature, not ",
        readouts.size()));
  }
  ExtractOptions options;
  options.batch_size = call.spec.batch_size();
  options.device = call.device;
  options.workers = call.spec.workers();
  options.bad_images =
      data::BadImagesUnder(call.images.loader().on_bad_image());
  return ExportFeatures(
      output, *loaded.encoder, images, readouts[0], options,
      {{"caldera.features", base::PrintableText(call.checkpoint.name)},
       {"caldera.data", call.images.ShortDebugString()},
       {"caldera.split", FLAGS_split}});
}

// Returns the file that what is measured goes to, "" if it is only printed.
absl::StatusOr<std::string> OutputOf(const Checkpoint& checkpoint) {
  std::string path = base::UserPath(FLAGS_out);
  if (path.empty() && !checkpoint.folder.empty()) {
    path = absl::StrCat(checkpoint.folder, "/results.json");
  }
  if (path.empty()) return path;
  if (FLAGS_task != "features") RETURN_IF_ERROR(ReadResults(path).status());
  const absl::Status writable = base::CheckReplaceable(path);
  if (writable.ok()) return path;
  return absl::FailedPreconditionError(
      absl::StrCat("--out: ", writable.message(),
                   "; name a file in a folder in which you may write"));
}

int Main() {
  const auto call = ReadCall();
  if (!call.ok()) return base::Fail(call.status());
  const auto kept = OutputOf(call->checkpoint);
  if (!kept.ok()) return base::Fail(kept.status());
  if (FLAGS_task == "features") {
    const absl::Status status = Export(*call, *kept);
    return status.ok() ? 0 : base::Fail(status);
  }
  std::vector<json> rows;
  base::Missing missing;
  const auto emit = [&](json row) {
    // The row names images that are not those of the run's own rows.
    if (!FLAGS_data.empty()) row["setting"]["data"] = FLAGS_data;
    if (FLAGS_task == "diagnostics") row["setting"]["split"] = FLAGS_split;
    rows.push_back(row);
    return kept->empty() ? absl::OkStatus() : AppendResult(*kept, row);
  };
  const absl::Status status = FLAGS_task == "diagnostics"
                                  ? Diagnose(*call, emit, missing)
                                  : Measure(*call, emit, missing);
  std::printf("%s", ResultTables(rows).c_str());
  if (!status.ok()) return base::Fail(status);
  return missing.Report();
}

}  // namespace
}  // namespace caldera::eval

int main(int argc, char** argv) {
  return caldera::base::RunProgram(caldera::eval::kUsage, argc, argv,
                                   caldera::eval::Main);
}
