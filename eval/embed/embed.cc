// Writes the features of images to files for numpy, pandas, faiss and others.
// See kUsage.
#include <gflags/gflags.h>

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/field_path.h"
#include "base/machine/control_groups.h"
#include "base/program/command_line.h"
#include "base/program/program.h"
#include "base/status.h"
#include "base/text/printable_text.h"
#include "base/user_path.h"
#include "data/data.pb.h"
#include "data/loader/bad_images.h"
#include "data/sets/dataset.h"
#include "data/split.h"
#include "eval/embed/embed_images.h"
#include "eval/embed/feature_file.h"
#include "eval/embed/neighbour_files.h"
#include "eval/embed/readout_list.h"
#include "eval/features/readout.h"
#include "eval/probe_input.h"
#include "eval/spec/eval.pb.h"

DEFINE_string(checkpoint, "", "a run folder, or a file of ViT weights");
DEFINE_string(key, "", "which ViT, where a file holds several");
DEFINE_int32(num_heads, 0, "attention heads, where a file does not tell");
DEFINE_string(data, "", "data set or folder");
DEFINE_string(split, "", "which split, where there are several");
DEFINE_string(out, "", "the file to write: .npy, .csv or .safetensors");
DEFINE_string(readout, "", "features, one behind the other");
DEFINE_string(tokens, "feature", "feature or patch");
DEFINE_string(dtype, "float32", "float32 or float16");
DEFINE_string(on_bad, "", "fail or skip");
DEFINE_string(shard, "0/1", "which part of how many");
DEFINE_int32(batch_size, 0, "images a forward pass; 0: by the device");
DEFINE_int32(workers, 0, "threads that read images; 0: one a core");
DEFINE_int32(neighbours, 0, "neighbours of each image to write");
DEFINE_double(duplicates, 0, "write pairs of at least this cosine");

namespace caldera::eval {
namespace {

constexpr char kUsage[] =
    R"(embed: writes the features of images to a file; docs/features.md reads it

usage: embed --checkpoint=PATH --data=FOLDER --out=features.npy [flags]

  --checkpoint=PATH  a run folder, or ViT weights: .safetensors, .pth, .pt;
                     --num_heads=N, --key=NAME: as in //:probe
  --data=FOLDER      images, tar shards or a data set; the one of the run unless
                     given. --split=test: which part, where it has several
  --out=FILE         .npy, .safetensors, .csv; NAME.rows.csv has each row's path
  --readout=LIST     cls, mean; mean@9 is that of block 9, from 0. Several are
                     put one behind the other: cls,mean@9. Default: the run's
  --tokens=feature   patch: all patch tokens [N, P, D] in place of a feature
  --dtype=float32    or float16
  --on_bad=fail      skip: images that cannot be read get no row
  --shard=0/1        I/N: part I (from 0) of N, to NAME.I-of-N.npy
  --neighbours=K     writes NAME.neighbours.csv and .png: the K most alike
  --duplicates=0.98  writes NAME.duplicates.csv and .png: pairs of that cosine
  --batch_size=0 --workers=0  images at once, threads that read; 0: chosen here
  --device=auto --threads=0   auto, cpu or cuda; 0: a thread for each core

The same command goes on where it was ended, or finds the file complete.
Exit status 2: something to mend in the call; 1: a failure.
)";

// What the flags say.
struct Call {
  Checkpoint checkpoint;
  DatasetPointer images;
  EmbedRequest request;
};

absl::Status OneOf(const std::string& flag, const std::string& value,
                   const std::vector<std::string>& known) {
  for (const std::string& one : known) {
    if (value == one) return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "--", flag, "=", value, " is not ", absl::StrJoin(known, " or ")));
}

absl::Status CheckFlags() {
  if (FLAGS_checkpoint.empty()) {
    return absl::InvalidArgumentError(
        "--checkpoint is missing; give a run folder, as in "
        "--checkpoint=runs/fashion_mnist/m_mae");
  }
  if (FLAGS_out.empty()) {
    return absl::InvalidArgumentError(
        "--out is missing; give the file to write, as in --out=features.npy");
  }
  RETURN_IF_ERROR(OneOf("tokens", FLAGS_tokens, {"feature", "patch"}));
  RETURN_IF_ERROR(OneOf("dtype", FLAGS_dtype, {"float32", "float16"}));
  if (!FLAGS_on_bad.empty()) {
    RETURN_IF_ERROR(OneOf("on_bad", FLAGS_on_bad, {"fail", "skip"}));
  }
  for (const auto& [flag, value] :
       {std::make_pair("batch_size", FLAGS_batch_size),
        std::make_pair("workers", FLAGS_workers),
        std::make_pair("neighbours", FLAGS_neighbours)}) {
    if (value >= 0) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "--", flag, "=", value, " is negative; give 0 or a number above it"));
  }
  if (!(FLAGS_duplicates >= 0 && FLAGS_duplicates <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--duplicates=", FLAGS_duplicates,
                     " is no cosine from 0 to 1; 0.98 is a good start"));
  }
  return absl::OkStatus();
}

absl::Status ReadShard(EmbedRequest& request) {
  const std::vector<std::string> words = absl::StrSplit(FLAGS_shard, '/');
  if (words.size() == 2 && absl::SimpleAtoi(words[0], &request.part) &&
      absl::SimpleAtoi(words[1], &request.parts) && request.part >= 0 &&
      request.part < request.parts) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--shard=", FLAGS_shard,
                   " is not I/N with I from 0 to N - 1; the first of four "
                   "parts is 0/4"));
}

// Checks what neighbours need, before hours of features.
absl::Status CheckNeighbours(const EmbedRequest& request, FeatureKind kind) {
  if (FLAGS_neighbours == 0 && FLAGS_duplicates == 0) return absl::OkStatus();
  const std::string flag =
      FLAGS_neighbours > 0 ? "--neighbours" : "--duplicates";
  if (kind == FeatureKind::kCsv) {
    return absl::InvalidArgumentError(absl::StrCat(
        flag,
        " reads the file again, which .csv is too slow for; write .npy "
        "or .safetensors"));
  }
  if (FLAGS_tokens == "patch" || request.parts > 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        flag, " compares one feature an image of all images; leave out ",
        FLAGS_tokens == "patch" ? "--tokens=patch" : "--shard"));
  }
  return absl::OkStatus();
}

absl::StatusOr<DatasetPointer> OpenSplit(const Checkpoint& checkpoint,
                                         const data::DataSpec& images) {
  if (!FLAGS_split.empty()) {
    ASSIGN_OR_RETURN(const data::Split split,
                     base::About("--split", data::ParseSplit(FLAGS_split)));
    return OpenImages(checkpoint, images, split);
  }
  ASSIGN_OR_RETURN(auto train,
                   OpenImages(checkpoint, images, data::Split::kTrain));
  const std::vector<data::Split>& splits = train->info().splits;
  if (splits.size() <= 1) return train;
  return absl::InvalidArgumentError(
      absl::StrCat("--split is missing: ", train->info().name, " has ",
                   data::SplitNames(splits), "; name one of them"));
}

absl::StatusOr<Call> ReadCall() {
  RETURN_IF_ERROR(CheckFlags());
  Call call;
  EmbedRequest& request = call.request;
  RETURN_IF_ERROR(ReadShard(request));
  ASSIGN_OR_RETURN(const FeatureKind kind,
                   base::About("--out", FeatureKindOf(FLAGS_out)));
  if (kind == FeatureKind::kCsv && FLAGS_tokens == "patch") {
    return absl::InvalidArgumentError(
        "--tokens=patch has many tokens an image, a line of .csv has one "
        "feature; write .npy or .safetensors");
  }
  RETURN_IF_ERROR(CheckNeighbours(request, kind));
  ASSIGN_OR_RETURN(request.device, base::SetUpCompute());
  ASSIGN_OR_RETURN(
      call.checkpoint,
      OpenCheckpoint(FLAGS_checkpoint,
                     FLAGS_num_heads != 0 ? std::optional<int>(FLAGS_num_heads)
                                          : std::nullopt,
                     FLAGS_key));
  const vit::Encoder& encoder = *call.checkpoint.loaded.encoder;
  ASSIGN_OR_RETURN(EvalSpec spec, MakeEvalSpec(call.checkpoint, ""));
  if (!FLAGS_readout.empty()) {
    ASSIGN_OR_RETURN(spec,
                     base::About("--readout", ParseReadoutList(FLAGS_readout)));
  }
  ASSIGN_OR_RETURN(request.readouts,
                   base::About("--readout", ReadoutsOf(spec, encoder.spec())));
  if (FLAGS_tokens == "patch") {
    request.readouts = AllPatchesOf(request.readouts);
  }
  ASSIGN_OR_RETURN(data::DataSpec images,
                   ImagesOf(call.checkpoint, FLAGS_data));
  if (!FLAGS_on_bad.empty()) {
    images.mutable_loader()->set_on_bad_image(FLAGS_on_bad == "skip"
                                                  ? data::LoaderSpec::SKIP
                                                  : data::LoaderSpec::FAIL);
  }
  request.bad_images = data::BadImagesUnder(images.loader().on_bad_image());
  ASSIGN_OR_RETURN(call.images, OpenSplit(call.checkpoint, images));
  request.out =
      PartName(base::UserPath(FLAGS_out), request.part, request.parts);
  request.half = FLAGS_dtype == "float16";
  constexpr int kBatchOnCpu = 64, kBatchOnGpu = 256;
  request.batch_size = FLAGS_batch_size > 0       ? FLAGS_batch_size
                       : request.device.is_cuda() ? kBatchOnGpu
                                                  : kBatchOnCpu;
  request.workers =
      FLAGS_workers > 0 ? FLAGS_workers : base::UsableProcessors();
  request.from = {{"checkpoint", FLAGS_checkpoint},
                  {"name", call.checkpoint.name},
                  {"data", FLAGS_data}};
  call.checkpoint.loaded.encoder->to(request.device);
  return call;
}

// Says on stderr, now and then, how far a long loop is.
class Progress {
 public:
  explicit Progress(std::string what) : what_(std::move(what)) {}

  void operator()(int64_t done, int64_t of) {
    constexpr double kEverySeconds = 10;
    const double now = Seconds();
    if (first_ < 0) first_ = done;
    if (now - said_ < kEverySeconds || done == of) return;
    said_ = now;
    const double rate = static_cast<double>(done - first_) / now;
    std::fprintf(stderr, "%s %lld of %lld, %.0f a second, %.0f s left\n",
                 what_.c_str(), static_cast<long long>(done),
                 static_cast<long long>(of), rate,
                 rate > 0 ? static_cast<double>(of - done) / rate : 0);
  }

 private:
  double Seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() -
                                         start_)
        .count();
  }

  const std::string what_;
  const std::chrono::steady_clock::time_point start_ =
      std::chrono::steady_clock::now();
  double said_ = 0;
  int64_t first_ = -1;
};

void Report(const EmbedRequest& request, const EmbedResult& result) {
  if (result.resumed == result.images) {
    std::printf("complete already: ");
  } else if (result.resumed > 0) {
    std::printf("went on after %lld of %lld images\n",
                static_cast<long long>(result.resumed),
                static_cast<long long>(result.images));
  }
  std::printf("%s: [%lld, %s] %s\n", base::PrintableText(request.out).c_str(),
              static_cast<long long>(result.rows),
              absl::StrJoin(result.row, ", ").c_str(), FLAGS_dtype.c_str());
  if (!result.table.empty()) {
    std::printf("%s: what each row is\n",
                base::PrintableText(result.table).c_str());
  }
  if (result.rows < result.images) {
    std::printf("%lld of %lld images could not be read and have no row\n",
                static_cast<long long>(result.images - result.rows),
                static_cast<long long>(result.images));
  }
  std::fflush(stdout);
}

absl::Status Embed() {
  ASSIGN_OR_RETURN(Call call, ReadCall());
  call.request.progress = Progress("images");
  ASSIGN_OR_RETURN(
      const EmbedResult result,
      EmbedImages(*call.checkpoint.loaded.encoder, call.images, call.request));
  Report(call.request, result);
  if (FLAGS_neighbours == 0 && FLAGS_duplicates == 0) return absl::OkStatus();
  NeighbourFiles files;
  files.neighbours = FLAGS_neighbours;
  files.duplicates = FLAGS_duplicates;
  files.progress = Progress("rows in the graph");
  ASSIGN_OR_RETURN(
      const NeighbourCounts counts,
      WriteNeighbours(call.request.out, result.table, call.images, files));
  const std::string stem = base::PrintableText(StemOf(call.request.out));
  if (FLAGS_neighbours > 0) {
    std::printf("%s.neighbours.csv, .png: %lld neighbours\n", stem.c_str(),
                static_cast<long long>(counts.neighbours));
  }
  if (FLAGS_duplicates > 0) {
    std::printf("%s.duplicates.csv%s: %lld pairs\n", stem.c_str(),
                counts.duplicates > 0 ? ", .png" : "",
                static_cast<long long>(counts.duplicates));
  }
  return absl::OkStatus();
}

int Main() {
  const absl::Status status = Embed();
  return status.ok() ? 0 : base::Fail(status);
}

}  // namespace
}  // namespace caldera::eval

int main(int argc, char** argv) {
  static char duplicates[] = "--duplicates=0.98";
  caldera::base::LetFlagStandAlone(duplicates, argc, argv);
  return caldera::base::RunProgram(caldera::eval::kUsage, argc, argv,
                                   caldera::eval::Main);
}
