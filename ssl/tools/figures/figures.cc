// Draws the pictures of the paper from run folders. See kUsage.
#include <gflags/gflags.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/draw/captioned_picture.h"
#include "base/draw/encode_png.h"
#include "base/draw/scatter_picture.h"
#include "base/field_path.h"
#include "base/program/command_line.h"
#include "base/program/missing.h"
#include "base/status.h"
#include "base/text/printable_text.h"
#include "base/user_path.h"
#include "data/data.pb.h"
#include "data/loader/bad_images.h"
#include "data/loader/first_images.h"
#include "data/sets/subset.h"
#include "data/split.h"
#include "eval/features/features.h"
#include "eval/features/opened_splits.h"
#include "eval/features/readout.h"
#include "eval/pacmap/pacmap.h"
#include "eval/probe_input.h"
#include "ssl/spec/load_experiment.h"
#include "ssl/tools/figures/compare_runs.h"
#include "ssl/tools/figures/embedding_hover.h"
#include "ssl/tools/figures/encoder_pictures.h"
#include "ssl/tools/figures/picture_folder.h"
#include "ssl/tools/figures/run_course.h"
#include "ssl/tools/figures/run_model.h"
#include "ssl/train/monitor/reconstruction_pictures.h"

DEFINE_string(run, "", "run folders or files of ViT weights, comma-separated");
DEFINE_string(pictures, "",
              "comma-separated: reconstruction, attention, components, "
              "component_colors, embedding, curves; empty: all possible ones");
DEFINE_string(out, "", "folder of the pictures");
DEFINE_int32(images, 8, "images in a picture");
DEFINE_int32(points, 10000, "images in an embedding");
DEFINE_string(blocks, "", "blocks of components; empty: four evenly spaced");
DEFINE_string(data, "", "data set; empty: the one that the encoder saw");
DEFINE_string(split, "test", "images shown: train, test or unlabeled");
DEFINE_string(eval, "", "fields of EvalSpec as text: the feature embedded");
DEFINE_bool(skip_bad_images, false, "leave out images that cannot be read");
DEFINE_uint64(seed, 0, "seed of the embedding's random pairs");

namespace caldera::ssl {
namespace {

namespace fs = std::filesystem;

constexpr char kUsage[] =
    R"(figures: draws what runs have learned, as PNG and SVG

usage: figures --run=runs/fashion_mnist/mae,runs/fashion_mnist/m_mae [flags]

  --run=A,B          run folders, or files of ViT weights (.safetensors, .pth)
  --pictures=X,Y     reconstruction  input, masked, prediction pasted, prediction
                     attention       of the last block's CLS token, by head
                     components      leading component of patch tokens, by block
                     component_colors  three of them, as red, green and blue
                     embedding       PaCMAP of many images, coloured by class
                     curves          loss, regularizer, online accuracy: all runs
                                     in one picture (curves)
                     unless given: all that the runs allow
  --out=FOLDER       pictures go to FOLDER/RUN; figures unless given
  --images=8         images shown; bases of components come from eight times as
                     many
  --points=10000     images of an embedding, evenly spaced over the split
  --blocks=1,3,5     blocks of components, from 0; four evenly spaced unless given
  --data=NAME        data set or folder; the one the encoder saw unless given
  --split=test       train, test or unlabeled
  --eval='feature: CLS'  what is embedded, over the run's own setting
  --seed=0           of the embedding
  --skip_bad_images  leave out images that cannot be read, as is done anyway for
                     a run with data.loader.on_bad_image: SKIP
  --device=auto      auto, cpu or cuda
  --threads=0        threads for arithmetic; 0: one for each core

Exit status 2: something to mend in the call; 1: a picture is missing.
)";

// The pixels of a PNG for one of its SVG; pictures of pixels keep their size.
constexpr double kDrawnScale = 2;

constexpr const char* kPictures[] = {"reconstruction", "attention",
                                     "components",     "component_colors",
                                     "embedding",      "curves"};

// The most pixels a side of the images that a page shows beside a point.
constexpr int64_t kThumbnailSide = 40;

// The pictures and runs that the flags ask for.
struct Call {
  std::vector<std::string> runs;
  std::set<std::string> pictures;  // empty: all possible ones
  std::vector<int64_t> blocks;
  data::Split split = data::Split::kTest;
  std::string output;
  at::Device device = at::kCPU;

  // Returns true if a picture is wanted. One that was not asked for by name is
  // left out if it cannot be drawn.
  bool Wants(const std::string& picture) const {
    return pictures.empty() || pictures.count(picture) > 0;
  }
};

absl::StatusOr<Call> ReadCall() {
  if (FLAGS_run.empty()) {
    return absl::InvalidArgumentError(
        "--run is missing; give run folders, as in "
        "--run=runs/fashion_mnist/m_mae");
  }
  Call call;
  call.runs = base::SplitPaths(FLAGS_run);
  if (!FLAGS_pictures.empty()) {
    for (const absl::string_view name : absl::StrSplit(FLAGS_pictures, ',')) {
      if (std::find(std::begin(kPictures), std::end(kPictures), name) ==
          std::end(kPictures)) {
        return absl::InvalidArgumentError(
            absl::StrCat("--pictures: \"", name, "\" is none of ",
                         absl::StrJoin(kPictures, ", ")));
      }
      call.pictures.emplace(name);
    }
  }
  if (!FLAGS_blocks.empty()) {
    for (const absl::string_view text : absl::StrSplit(FLAGS_blocks, ',')) {
      int64_t block = 0;
      if (!absl::SimpleAtoi(text, &block)) {
        return absl::InvalidArgumentError(absl::StrCat(
            "--blocks: \"", text, "\" is not a number; write --blocks=1,3,5"));
      }
      call.blocks.push_back(block);
    }
  }
  for (const auto& [flag, value] :
       {std::pair{"images", FLAGS_images}, {"points", FLAGS_points}}) {
    if (value >= 1) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("--", flag, "=", value, " is not above 0"));
  }
  ASSIGN_OR_RETURN(call.split,
                   base::About("--split", data::ParseSplit(FLAGS_split)));
  call.output = base::UserPath(FLAGS_out.empty() ? "figures" : FLAGS_out);
  ASSIGN_OR_RETURN(call.device, base::SetUpCompute());
  return call;
}

absl::Status MakeFolder(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("--out: cannot make ", folder, ": ", error.message()));
}

absl::Status Say(const absl::Status& status, const std::string& path) {
  if (status.ok()) std::printf("%s\n", base::PrintableText(path).c_str());
  return status;
}

// The images that are drawn, and where those that cannot be read are noted
// (null: one of them is an error).
struct Images {
  eval::DatasetPointer set;
  std::shared_ptr<data::BadImages> bad;
};

// Writes the thumbnails of some points of an embedding of `shown`.
absl::Status WriteHoverOf(const base::ScatterPoints& points,
                          const eval::DatasetPointer& shown,
                          const Images& images, int64_t image_size,
                          const std::string& path) {
  // The rows of the plane are the images that could be read.
  const auto readable =
      images.bad == nullptr ? shown : data::WithoutBad(shown, *images.bad);
  if (readable->size() != points.plane.size(0)) {
    return absl::DataLossError(
        absl::StrCat(images.set->info().name, " changed while it was read"));
  }
  const int64_t side = std::min(image_size, kThumbnailSide);
  const int64_t count = std::min(
      readable->size(), MostThumbnails(readable->info().channels, side));
  std::vector<int64_t> rows(count);
  for (int64_t i = 0; i < count; ++i) rows[i] = i * readable->size() / count;
  ASSIGN_OR_RETURN(
      const data::Batch batch,
      data::FirstImages(data::Subset(readable, rows), count, side, images.bad));
  HoverImages hover;
  hover.thumbnails = batch.views[0];
  for (int64_t i = 0; i < batch.index.size(0); ++i) {
    const int64_t row = rows[batch.index[i].item<int64_t>()];
    hover.rows.push_back(row);
    hover.positions.push_back(readable->OriginalIndex(row));
  }
  return WriteHover(points, hover, path);
}

absl::Status DrawEmbeddingOf(const Call& call, const eval::Checkpoint& run,
                             const Images& images, const std::string& folder) {
  const auto shown = data::EvenlySpaced(images.set, FLAGS_points);
  ASSIGN_OR_RETURN(const auto settings, eval::MakeEvalSpec(run, FLAGS_eval));
  ASSIGN_OR_RETURN(const auto readouts,
                   eval::ReadoutsOf(settings, run.loaded.encoder->spec()));
  eval::ExtractOptions options;
  options.device = call.device;
  options.bad_images = images.bad;
  ASSIGN_OR_RETURN(const auto features,
                   eval::ExtractReadouts(*run.loaded.encoder, shown,
                                         {readouts.front()}, options));
  const eval::LabelledFeatures& found = features.front();
  eval::PacmapOptions pacmap;
  pacmap.seed = FLAGS_seed;
  ASSIGN_OR_RETURN(const auto plane, eval::Pacmap(found.features, pacmap));
  const std::string caption = absl::StrCat(
      found.labels.size(0), " ", FLAGS_split, " images of ",
      images.set->info().name, ", ",
      eval::SettingOf(readouts.front())["feature"].get<std::string>(),
      " feature of block ", absl::StrJoin(readouts.front().blocks, "+"),
      ", seed ", FLAGS_seed);
  const base::ScatterPoints points{plane, found.labels,
                                   images.set->info().class_names};
  const std::string path = absl::StrCat(folder, "/embedding");
  RETURN_IF_ERROR(WriteHoverOf(points, shown, images,
                               run.loaded.encoder->spec().image_size(),
                               path + ".json"));
  return Say(WritePicture(base::ScatterSvg(absl::StrCat("PaCMAP: ", run.name),
                                           caption, points),
                          path, kDrawnScale),
             path + ".svg");
}

absl::Status DrawReconstruction(const Call& call, const std::string& run,
                                const std::string& name, const Images& images,
                                const std::string& folder) {
  ASSIGN_OR_RETURN(auto model, LoadRunModel(run, call.device));
  ASSIGN_OR_RETURN(auto pictures,
                   ReconstructionPictures::Open(model.experiment, images.set,
                                                images.bad, call.device));
  const auto pixels = pictures.Draw(*model.method);
  if (!pixels.has_value()) {
    if (call.pictures.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(name,
                     " does not predict pixels; leave reconstruction out of "
                     "--pictures"));
  }
  ASSIGN_OR_RETURN(const auto png, base::EncodePng(*pixels));
  const std::string path = absl::StrCat(folder, "/reconstruction");
  return Say(
      WritePicture(base::CaptionedPicture(
                       absl::StrCat("Reconstructions: ", name), {},
                       absl::StrCat("Rows: input, masked, prediction pasted, "
                                    "prediction; after ",
                                    model.step, " steps"),
                       png, pixels->size(2), pixels->size(1)),
                   path),
      path + ".svg");
}

// Returns true if the pictures asked for include the run's reconstructions.
// Errors: InvalidArgument if they are asked for by name of a run without.
absl::StatusOr<bool> Reconstructs(const Call& call,
                                  const eval::Checkpoint& run) {
  if (!call.Wants("reconstruction") || run.folder.empty()) return false;
  ASSIGN_OR_RETURN(const auto experiment,
                   ReadResolvedExperiment(
                       absl::StrCat(run.folder, "/experiment.textproto")));
  if (experiment.has_mae() || call.pictures.empty())
    return experiment.has_mae();
  return absl::InvalidArgumentError(absl::StrCat(
      "--pictures: reconstruction, but ", run.folder, " does not reconstruct"));
}

// Draws the pictures of one run. One that cannot be drawn is noted in
// `missing`; returns what is wrong with the call.
absl::Status DrawRunPictures(const Call& call, const std::string& run,
                             base::Missing& missing) {
  ASSIGN_OR_RETURN(auto checkpoint, eval::OpenCheckpoint(run, {}));
  vit::Encoder& encoder = *checkpoint.loaded.encoder;
  encoder.to(call.device);
  const std::string folder =
      absl::StrCat(call.output, "/", PictureFolder(base::ExpandHome(run)));
  RETURN_IF_ERROR(MakeFolder(folder));
  ASSIGN_OR_RETURN(auto spec, eval::ImagesOf(checkpoint, FLAGS_data));
  if (FLAGS_skip_bad_images) {
    spec.mutable_loader()->set_on_bad_image(data::LoaderSpec::SKIP);
  }
  Images images;
  images.bad = data::BadImagesUnder(spec.loader().on_bad_image());
  ASSIGN_OR_RETURN(images.set, eval::OpenImages(checkpoint, spec, call.split));
  ASSIGN_OR_RETURN(const bool reconstructs, Reconstructs(call, checkpoint));
  const bool attention =
      call.Wants("attention") &&
      (encoder.spec().class_token() || !call.pictures.empty());
  if (attention) RETURN_IF_ERROR(CheckAttention(encoder, checkpoint.name));
  RETURN_IF_ERROR(CheckBlocks(encoder, call.blocks, checkpoint.name));

  const auto draw =
      [&](const std::string& picture,
          const std::function<absl::Status(const std::string&)>& make) {
        const std::string path = absl::StrCat(folder, "/", picture);
        missing.Attempt(path, [&] { return make(path); });
      };
  if (reconstructs) {
    draw("reconstruction", [&](const std::string&) {
      return DrawReconstruction(call, checkpoint.folder, checkpoint.name,
                                images, folder);
    });
  }
  std::optional<ImageSample> sample;
  const auto draw_sample =
      [&](const std::string& picture,
          const std::function<absl::StatusOr<std::string>()>& make) {
        draw(picture, [&](const std::string& path) -> absl::Status {
          if (!sample.has_value()) {
            ASSIGN_OR_RETURN(
                sample, SampleImages(images.set, encoder.spec(),
                                     8 * FLAGS_images, call.device,
                                     absl::StrCat(FLAGS_split, " images of ",
                                                  images.set->info().name),
                                     images.bad));
          }
          ASSIGN_OR_RETURN(const std::string svg, make());
          return Say(WritePicture(svg, path), path + ".svg");
        });
      };
  if (attention) {
    draw_sample("attention", [&] {
      return DrawAttention(encoder, *sample, FLAGS_images, checkpoint.name);
    });
  }
  // Both pictures of components are of one pass through the encoder.
  std::optional<BlockTokens> tokens;
  const auto draw_components = [&](const std::string& picture,
                                   auto* picture_of) {
    if (!call.Wants(picture)) return;
    draw_sample(picture, [&]() -> absl::StatusOr<std::string> {
      if (!tokens.has_value()) {
        ASSIGN_OR_RETURN(tokens, TokensOfBlocks(encoder, *sample, call.blocks,
                                                checkpoint.name));
      }
      return picture_of(*sample, *tokens, encoder.grid(), FLAGS_images,
                        checkpoint.name);
    });
  };
  draw_components("components", DrawComponents);
  draw_components("component_colors", DrawComponentColors);
  if (call.Wants("embedding")) {
    draw("embedding", [&](const std::string&) {
      return DrawEmbeddingOf(call, checkpoint, images, folder);
    });
  }
  return absl::OkStatus();
}

absl::Status DrawCurves(const Call& call) {
  std::vector<RunCourse> courses;
  for (const std::string& run : call.runs) {
    const std::string path =
        absl::StrCat(base::UserPath(run), "/metrics.jsonl");
    std::error_code error;
    if (!fs::exists(path, error)) continue;
    ASSIGN_OR_RETURN(auto course, ReadCourse(run, path));
    courses.push_back(std::move(course));
  }
  const auto svg = CompareRuns(courses);
  if (!svg.has_value()) {
    if (call.pictures.empty()) return absl::OkStatus();
    return absl::NotFoundError(
        absl::StrCat("--pictures: curves, but no metrics.jsonl in ",
                     absl::StrJoin(call.runs, ", ")));
  }
  RETURN_IF_ERROR(MakeFolder(call.output));
  const std::string path = absl::StrCat(call.output, "/curves");
  return Say(WritePicture(*svg, path, kDrawnScale), path + ".svg");
}

int Main() {
  const auto call = ReadCall();
  if (!call.ok()) return base::Fail(call.status());
  const bool of_runs = call->pictures.empty() ||
                       call->pictures != std::set<std::string>{"curves"};
  base::Missing missing;
  int mistakes = 0;
  for (const std::string& run : call->runs) {
    if (!of_runs) break;
    const absl::Status status = DrawRunPictures(*call, run, missing);
    // A run that cannot be drawn does not cost the others their pictures.
    if (!status.ok()) mistakes = base::Fail(status);
  }
  if (call->Wants("curves")) {
    const absl::Status status = DrawCurves(*call);
    if (!status.ok()) mistakes = base::Fail(status);
  }
  const int status = missing.Report();
  return mistakes != 0 ? mistakes : status;
}

}  // namespace
}  // namespace caldera::ssl

int main(int argc, char** argv) {
  return caldera::base::RunProgram(caldera::ssl::kUsage, argc, argv,
                                   caldera::ssl::Main);
}
